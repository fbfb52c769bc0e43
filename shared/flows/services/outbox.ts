// What follows a committed change: the audit trail gets it, the platform is told, what belonged to it is forgotten.
import { addToTrail } from '../../azure/audit-store.ts';
import { deleteMailbox, noteServiceRevision } from '../../azure/mailbox-store.ts';
import { acknowledge, listPending, type Pending } from '../../azure/outbox.ts';
import { deleteTokens } from '../../azure/token-store.ts';
import type { Clients } from '../../clients.ts';
import { readServiceId } from '../../domain/ids.ts';
import { MaloteError, toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { fetchNow } from '../intake/fetch-now.ts';

// A change and what must follow it are committed together (azure/outbox.ts). So neither can be lost: not the change because
// the trail or the bus is down, nor the trail's entry or the event because a process dies after the change. Whatever is
// repeated does no harm: entry, event and message have fixed ids.

type Dependencies = Pick<Clients, 'database' | 'bus'>;

/** How long a caller waits; what is not delivered by then is left to `deliverPending`. */
const patienceMs = 3_000;
/** A change this young is still in the hands of the request that made it. */
const inHandsMs = 60_000;
const atOnce = 100;
/** With the bus away each of them waits for it, and the host ends a process over time. */
const WORK_FOR_MS = 60_000;

/**
 * Delivers what must follow a change just committed, as far as it goes soon. Before anybody is told of the change, no fetch goes
 * on without it.
 * @throws MaloteError `dependency_unavailable` when that could not be brought about yet; all the rest never throws
 */
export async function deliverSoon(clients: Dependencies, pending: Pending, log: Log): Promise<void> {
  await endOldFetches(clients, pending).catch(cause => {
    const message = 'The change is saved, but a fetch under way may go on without it for a minute or two.';
    throw new MaloteError('dependency_unavailable', message, {
      cause,
      cure: 'Read it again: do not repeat the change.',
    });
  });
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, patienceMs);
  await Promise.race([deliver(clients, pending, log), patience.promise]);
  clearTimeout(timer);
}

/**
 * Follows up the changes that were left pending, oldest first. To be called regularly.
 * @returns how many there were
 * @throws MaloteError `dependency_unavailable` when they cannot be listed
 */
export async function deliverPending(clients: Dependencies, now: Date, log: Log): Promise<number> {
  const before = new Date(now.getTime() - inHandsMs).toISOString();
  const left = await listPending(clients.database.catalog, before, atOnce);
  const until = performance.now() + WORK_FOR_MS;
  for (const pending of left) if (performance.now() < until) await deliver(clients, pending, log);
  return left.length;
}

/** A fetch that began with the service as it was finds the mailbox's record changed, and ends. */
async function endOldFetches(
  { database }: Pick<Dependencies, 'database'>,
  { service }: Pending,
): Promise<void> {
  if (service) await noteServiceRevision(database.mailboxes, service.id, service.revision);
}

async function deliver(clients: Dependencies, pending: Pending, log: Log): Promise<void> {
  const { database, bus } = clients;
  const { audit, event, service } = pending;
  try {
    await endOldFetches(clients, pending);
    await addToTrail(database.audit, audit);
    if (audit.kind === 'service' && audit.action === 'deleted') {
      const serviceId = readServiceId(audit.target);
      await deleteMailbox(database.mailboxes, serviceId);
      await deleteTokens(database.mailboxes, serviceId);
    }
    // A corrected password is tried at once, whatever the mailbox waits for.
    if (service?.active) await fetchNow({ bus }, service.id, audit.id);
    const [told] = event === null ? [] : await bus.sendEvents([event]);
    if (told?.outcome === 'unavailable') throw told.error;
    if (told?.outcome === 'refused') log.error('event-refused', { id: event?.event.id });
    await acknowledge(database.catalog, pending);
  } catch (error) {
    log.warn('change-untold', { id: audit.id, code: toMaloteError(error).code });
  }
}
