// The request to read one mailbox, as it travels through the queue.
import { MaloteError } from '../../errors.ts';
import { parseServiceId, type ServiceId } from '../ids.ts';

/** Why a fetch was asked for. `now` does not wait for a back-off to end. */
const reasons = ['tick', 'now', 'continuation'] as const;

export type FetchRequest = { serviceId: ServiceId; reason: (typeof reasons)[number] };

/** A message of the queue as a request. @throws MaloteError `invalid`: nobody can do anything with it, now or later */
export function readFetchRequest(message: unknown): FetchRequest {
  const { serviceId, reason } = Object(message) as Record<string, unknown>;
  const id = parseServiceId(serviceId);
  const known = reasons.find(one => one === reason);
  if (id === undefined) throw new MaloteError('invalid', 'The message names no service in serviceId.');
  if (known === undefined) {
    throw new MaloteError('invalid', `The message has none of the reasons ${reasons.join(', ')}.`);
  }
  return { serviceId: id, reason: known };
}
