// The platform is told when a mailbox falls into trouble and when it comes out of it: what its record has to announce is sent.
import type { Stored } from '../../azure/cosmos.ts';
import { findMailbox, listUnannounced, writeMailbox } from '../../azure/mailbox-store.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { OutgoingEvent } from '../../domain/event/envelope.ts';
import { serviceFailing, serviceRecovered } from '../../domain/event/service.ts';
import { type Announcement, isLeased, type Mailbox } from '../../domain/mailbox/mailbox.ts';
import type { Service } from '../../domain/service/service.ts';
import type { MaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';

/** As many are caught up with at once. */
const SERVICES_AT_ONCE = 100;
/** With the bus away each of them waits for it, and the host ends a process over time. */
const WORK_FOR_MS = 60_000;

type Dependencies = Pick<Clients, 'database' | 'mails'> & { bus: Pick<Clients['bus'], 'sendEvents'> };
type About = { clients: Dependencies; service: Service; log: Log };

/**
 * Sends what a record has to announce, and takes it out of the record. The ids of the events are made of when the trouble began:
 * a repeat is dropped. What the bus does not take now stays, and is sent by `announceLeft`.
 * @throws MaloteError `dependency_unavailable` when the record cannot be written
 */
export async function announce(
  { clients, service, log }: About,
  { value: mailbox, etag }: Stored<Mailbox>,
): Promise<void> {
  const { announcements } = mailbox;
  if (announcements.length === 0) return;
  const outcomes = await clients.bus.sendEvents(announcements.map(one => eventOf(service, one)));
  for (const outcome of outcomes) {
    if (outcome.outcome !== 'sent') log.warn('announcement-failed', { code: outcome.error.code });
  }
  const left = announcements.filter((_, index) => outcomes[index]?.outcome === 'unavailable');
  if (left.length === announcements.length) return;
  await writeMailbox(clients, { ...mailbox, announcements: left }, etag).catch((error: MaloteError) => {
    // Somebody wrote it meanwhile: then it is announced once more, under the same ids.
    if (error.code !== 'precondition_failed') throw error;
  });
}

/**
 * Announces what was left, because the bus was away or a worker died. To be called regularly. Whoever holds a mailbox's lease
 * does it by himself.
 * @throws MaloteError `dependency_unavailable`
 */
export async function announceLeft(clients: Dependencies, now: Date, log: Log): Promise<void> {
  const until = performance.now() + WORK_FOR_MS;
  for (const serviceId of await listUnannounced(clients.database.mailboxes, SERVICES_AT_ONCE)) {
    if (performance.now() >= until) return;
    const [found, stored] = await Promise.all([
      findService(clients.database.catalog, serviceId),
      findMailbox(clients, serviceId),
    ]);
    if (!found || !stored || isLeased(stored.value, now, 0)) continue;
    await announce({ clients, service: found.value.service, log: log.bind({ serviceId }) }, stored);
  }
}

function eventOf(service: Service, { type, failure, at }: Announcement): OutgoingEvent {
  const groupIds = service.groups.map(({ groupId }) => groupId);
  const now = new Date(at);
  return type === 'failing'
    ? serviceFailing({ service, groupIds, failure, now })
    : serviceRecovered({ service, groupIds, failure, recoveredAt: at, now });
}
