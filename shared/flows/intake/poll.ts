// Every minute: ask for a fetch of each mailbox whose turn it is.
import type { Clients } from '../../clients.ts';
import { dueServices, spread } from '../../domain/mailbox/cadence.ts';
import type { Log } from '../../log.ts';

const SHORTEST_LIFE_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

/**
 * Sends one fetch message for every active service that is due in the minute of `now`. A message not worked on before
 * the next turn is worth nothing, so it expires; a tick that runs twice sends the same message ids, which the queue drops. Of many
 * the queue gives some at once and the others in the course of the minute, so that it asks for no more instances than that takes.
 */
export async function enqueueDueMailboxes(clients: Clients, now: Date, log: Log): Promise<void> {
  const services = await clients.readActiveServices(now);
  const due = dueServices(services, now);
  const minute = now.toISOString().slice(0, 16);
  const begun = now.getTime() - (now.getTime() % MINUTE_MS);
  await clients.bus.sendFetches(
    spread(due).map(({ service: { id, pollSeconds }, afterMs }) => ({
      serviceId: id,
      reason: 'tick',
      messageId: `${id}:tick:${minute}`,
      timeToLiveMs: Math.max(SHORTEST_LIFE_MS, pollSeconds * 1000),
      ...(afterMs === 0 ? {} : { notBefore: new Date(begun + afterMs) }),
    })),
  );
  log.info('mailboxes-polled', { active: services.length, due: due.length });
}
