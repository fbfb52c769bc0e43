// Asking for a fetch of one mailbox at once, whatever it waits for.
import { randomUUID } from 'node:crypto';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';

const LIFE_MS = 5 * 60_000;

/** Sends a fetch message that does not wait for a back-off to end. @throws MaloteError `dependency_unavailable` */
export async function fetchNow({ bus }: Pick<Clients, 'bus'>, serviceId: ServiceId): Promise<void> {
  await bus.sendFetches([{ serviceId, reason: 'now', messageId: randomUUID(), timeToLiveMs: LIFE_MS }]);
}
