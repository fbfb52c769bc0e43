// What follows a committed change: the audit trail gets it, the platform is told, what belonged to it is forgotten.
import { addToTrail } from '../../azure/audit-store.ts';
import { deleteMailbox } from '../../azure/mailbox-store.ts';
import { acknowledge, listPending, type Pending } from '../../azure/outbox.ts';
import { deleteTokens } from '../../azure/token-store.ts';
import type { Clients } from '../../clients.ts';
import { readServiceId } from '../../domain/ids.ts';
import { toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';

// A change and what must follow it are committed together (azure/outbox.ts). So neither can be lost: not the change because
// the trail or the bus is down, nor the trail's entry or the event because a process dies after the change. Whatever is
// repeated does no harm: entry and event have fixed ids.

type Dependencies = Pick<Clients, 'database' | 'bus'>;

/** How long a caller waits; what is not delivered by then is left to `deliverPending`. */
const patienceMs = 3_000;
/** A change this young is still in the hands of the request that made it. */
const inHandsMs = 60_000;
const atOnce = 100;

/** Delivers what must follow a change just committed, as far as it goes soon. Never throws. */
export async function deliverSoon(clients: Dependencies, pending: Pending, log: Log): Promise<void> {
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
  for (const pending of left) await deliver(clients, pending, log);
  return left.length;
}

async function deliver({ database, bus }: Dependencies, pending: Pending, log: Log): Promise<void> {
  const { audit, event } = pending;
  try {
    await addToTrail(database.audit, audit);
    if (audit.kind === 'service' && audit.action === 'deleted') {
      const serviceId = readServiceId(audit.target);
      await deleteMailbox(database.mailboxes, serviceId);
      await deleteTokens(database.mailboxes, serviceId);
    }
    const [told] = event === null ? [] : await bus.sendEvents([event]);
    if (told?.outcome === 'unavailable') throw told.error;
    if (told?.outcome === 'refused') log.error('event-refused', { id: event?.event.id });
    await acknowledge(database.catalog, pending);
  } catch (error) {
    log.warn('change-untold', { id: audit.id, code: toMaloteError(error).code });
  }
}
