// Asking for a fetch of one mailbox at once, whatever it waits for.
import { randomUUID } from 'node:crypto';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import { skewOf } from './lease.ts';

const LIFE_MS = 5 * 60_000;

/**
 * Sends a fetch message that does not wait for a back-off to end.
 * @param messageId names what asks for it, so that a repeat is dropped
 * @throws MaloteError `dependency_unavailable`
 */
export async function fetchNow(
  { bus }: Pick<Clients, 'bus'>,
  serviceId: ServiceId,
  messageId: string = randomUUID(),
): Promise<void> {
  await bus.sendFetches([{ serviceId, reason: 'now', messageId, timeToLiveMs: LIFE_MS }]);
}

/** Asks again for when the lease is free at the latest: its holder may have died. @throws MaloteError `dependency_unavailable` */
export async function fetchAfterLease(
  { bus, config }: Pick<Clients, 'bus' | 'config'>,
  mailbox: Mailbox,
): Promise<void> {
  const notBefore = leaseFreeAt(mailbox, config.leaseMs);
  if (!notBefore) return;
  const { serviceId } = mailbox;
  const messageId = `${serviceId}:now:${notBefore.toISOString()}`;
  await bus.sendFetches([{ serviceId, reason: 'now', messageId, timeToLiveMs: LIFE_MS, notBefore }]);
}

/** From when on another worker may take the lease if its holder says nothing more; undefined when nobody holds it. */
export function leaseFreeAt({ lease }: Pick<Mailbox, 'lease'>, leaseMs: number): Date | undefined {
  return lease ? new Date(Date.parse(lease.expiresAt) + skewOf(leaseMs)) : undefined;
}
