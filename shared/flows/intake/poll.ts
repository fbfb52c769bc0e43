// Every minute: ask for a fetch of each mailbox whose turn it is.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clients } from '../../clients.ts';
import { dueServices, spread } from '../../domain/mailbox/cadence.ts';
import type { Log } from '../../log.ts';

const SHORTEST_LIFE_MS = 5 * 60_000;
const MINUTE_MS = 60_000;

/**
 * As many messages are sent in a second. A namespace of the tier Standard takes a thousand operations in one, of everybody, and
 * refuses what is more (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-throttling).
 */
const SENT_A_SECOND = 500;

/**
 * Sends one fetch message for every active service that is due in the minute of `now`. A message not worked on before
 * the next turn is worth nothing, so it expires; a tick that runs twice sends the same message ids, which the queue drops. Of many
 * the queue gives some at once and the others in the course of the minute, so that it asks for no more instances than that takes.
 */
export async function enqueueDueMailboxes(
  clients: Pick<Clients, 'readActiveServices' | 'bus'>,
  now: Date,
  log: Log,
): Promise<void> {
  const services = await clients.readActiveServices(now);
  const due = dueServices(services, now);
  const minute = now.toISOString().slice(0, 16);
  const begun = now.getTime() - (now.getTime() % MINUTE_MS);
  const first = spread(due).toSorted((one, other) => one.afterMs - other.afterMs);
  const messages = first.map(({ service: { id, pollSeconds }, afterMs }) => ({
    serviceId: id,
    reason: 'tick' as const,
    messageId: `${id}:tick:${minute}`,
    timeToLiveMs: Math.max(SHORTEST_LIFE_MS, pollSeconds * 1000),
    ...(afterMs === 0 ? {} : { notBefore: new Date(begun + afterMs) }),
  }));
  for (let at = 0; at < messages.length; at += SENT_A_SECOND) {
    if (at > 0) await sleep(1_000);
    await clients.bus.sendFetches(messages.slice(at, at + SENT_A_SECOND));
  }
  log.info('mailboxes-polled', { active: services.length, due: due.length });
}
