// Every minute: ask for a fetch of each mailbox whose turn it is.
import { listActiveServices } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { dueServices } from '../../domain/mailbox/cadence.ts';
import type { Log } from '../../log.ts';

const SHORTEST_LIFE_MS = 5 * 60_000;

/**
 * Sends one fetch message for every active service that is due in the minute of `now`. A message not worked on before
 * the next turn is worth nothing, so it expires; a tick that runs twice sends the same message ids, which the queue drops.
 */
export async function enqueueDueMailboxes(clients: Clients, now: Date, log: Log): Promise<void> {
  const services = await listActiveServices(clients.database.catalog);
  const due = dueServices(services, now);
  const minute = now.toISOString().slice(0, 16);
  await clients.bus.sendFetches(
    due.map(({ id, pollSeconds }) => ({
      serviceId: id,
      reason: 'tick',
      messageId: `${id}:tick:${minute}`,
      timeToLiveMs: Math.max(SHORTEST_LIFE_MS, pollSeconds * 1000),
    })),
  );
  log.info('mailboxes-polled', { active: services.length, due: due.length });
}
