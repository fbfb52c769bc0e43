// What must follow the orders of a mail: the event that tells the platform, the entry in the trail, and the end of waiting.
import { addToTrail } from '../../azure/audit-store.ts';
import type { Stored } from '../../azure/cosmos.ts';
import { findRecord, listUntold, replaceRecord } from '../../azure/ledger.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { auditEntry } from '../../domain/audit.ts';
import { mailDiscarded, mailRejected } from '../../domain/event/mail-order.ts';
import type { LedgerRecord, MailOrder } from '../../domain/mail/ledger-record.ts';
import { withoutUntold } from '../../domain/mail/order.ts';
import { MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import { type FollowUp, publishApproved } from './publish-approved.ts';

/** An order this young is still in the hands of the request that gave it. */
const IN_HANDS_MS = 60_000;
/** Far below what a function may take: with the bus away each mail waits for it. */
const WORK_FOR_MS = 60_000;

/** Follows up what was left, oldest first. To be called regularly. @throws MaloteError `dependency_unavailable` */
export async function followUpLeft(clients: Clients, context: FollowUp): Promise<void> {
  const { clock } = context;
  const until = clock().getTime() + WORK_FOR_MS;
  const before = new Date(clock().getTime() - IN_HANDS_MS);
  for (const record of await listUntold(clients.database.ledger, before)) {
    if (clock().getTime() >= until) return;
    await followUp(clients, record, context);
  }
}

/** Brings about what must follow the orders of a mail. What is repeated has the same id. Never throws; what fails is left. */
export async function followUp(
  clients: Clients,
  { value, etag }: Stored<LedgerRecord>,
  context: FollowUp,
): Promise<void> {
  const { log } = context;
  try {
    let record = value;
    for (const order of value.untold ?? []) {
      record = await carryOut(clients, record, order, context);
      if (!order.isInTrail) await addToTrail(clients.database.audit, entryOf(value, order));
    }
    await conclude(clients, { value: withoutUntold(record, value.untold ?? []), etag }, value.untold ?? []);
  } catch (error) {
    log.warn('order-unfinished', { mailKey: value.id, code: toMaloteError(error).code });
  }
}

/** Tells the platform. @returns the record as it is then */
async function carryOut(
  clients: Clients,
  record: LedgerRecord,
  order: MailOrder,
  context: FollowUp,
): Promise<LedgerRecord> {
  if (order.action === 'approved') return publishApproved(clients, record, context);
  const found = await findService(clients.database.catalog, record.serviceId);
  const service = found?.value.service ?? {
    id: record.serviceId,
    name: record.serviceId,
    discardDisabled: false,
  };
  const groupIds = found?.value.service.groups.map(({ groupId }) => groupId) ?? [];
  const facts = { record, order, service, groupIds, now: context.clock() };
  const event = order.action === 'rejected' ? mailRejected(facts) : mailDiscarded(facts);
  const [told] = await clients.bus.sendEvents([event]);
  if (told && told.outcome !== 'sent' && traitsOf(told.error.code).fault !== 'mail') throw told.error;
  return record;
}

/** Writes that it has come; of a record that was changed meanwhile only that. */
async function conclude(
  { database: { ledger } }: Clients,
  { value, etag }: Stored<LedgerRecord>,
  told: MailOrder[],
): Promise<void> {
  if ((await replaceRecord(ledger, value, etag)) !== undefined) return;
  const found = await findRecord(ledger, value.id);
  // Somebody else followed it up as well, or gave another order; disposal is noted here too.
  if (!found?.value.untold) return;
  const { state, publishedAt, reason } = value;
  const isDone = found.value.state === 'approving' && state !== 'approving';
  const changed = isDone
    ? { ...found.value, state, ...(publishedAt ? { publishedAt } : {}), ...(reason ? { reason } : {}) }
    : found.value;
  const written = await replaceRecord(ledger, withoutUntold(changed, told), found.etag);
  if (written === undefined) throw new MaloteError('conflict', 'The record keeps being changed.');
}

function entryOf({ id: target }: LedgerRecord, { id, who, action, at, reason, agentId }: MailOrder) {
  const words = { reason, ...(agentId ? { agentId } : {}) };
  const changes = Object.entries(words).flatMap(([field, to]) => (to ? [{ field, from: null, to }] : []));
  return auditEntry({ id, who, action, kind: 'mail', target, changes }, new Date(at));
}
