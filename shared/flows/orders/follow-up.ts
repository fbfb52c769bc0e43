// What must follow the orders of a mail: the event that tells the platform, the entry in the trail, and the end of waiting.
import { addToTrail } from '../../azure/audit-store.ts';
import type { Stored } from '../../azure/cosmos.ts';
import { findRecord, listUntold, replaceRecord } from '../../azure/ledger.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { auditEntry } from '../../domain/audit.ts';
import { mailDiscarded, mailRejected } from '../../domain/event/mail-order.ts';
import type { LedgerRecord, MailOrder } from '../../domain/mail/ledger-record.ts';
import { mergeOrdered, withoutUntold } from '../../domain/mail/order.ts';
import { MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import { publishApproved } from './publish-approved.ts';
import { publishReplayed, type Replayed } from './publish-replayed.ts';
import type { FollowUp } from './reopen.ts';

/** An order this young is still in the hands of the request that gave it. */
const IN_HANDS_MS = 60_000;
/** Far below what a function may take: with the bus away each mail waits for it. */
const WORK_FOR_MS = 60_000;

/**
 * Follows up what was left, for a minute at most; what fails is tried once. To be called regularly.
 * @throws MaloteError `dependency_unavailable`
 */
export async function followUpLeft(clients: Clients, context: FollowUp): Promise<void> {
  const { clock } = context;
  const until = clock().getTime() + WORK_FOR_MS;
  const before = new Date(clock().getTime() - IN_HANDS_MS);
  for await (const records of listUntold(clients.database.ledger, before)) {
    for (const record of records) {
      if (clock().getTime() >= until) return;
      await followUp(clients, record, context);
    }
  }
}

/**
 * Brings about what must follow the orders of a mail. What is repeated has the same id. Never throws; what fails is left.
 * @returns the record when all has come
 */
export async function followUp(
  clients: Clients,
  { value, etag }: Stored<LedgerRecord>,
  context: FollowUp,
): Promise<LedgerRecord | undefined> {
  const { log } = context;
  const { untold = [] } = value;
  try {
    let left: Replayed = { record: value };
    for (const order of untold) {
      left = { ...left, ...(await carryOut(clients, left.record, order, context)) };
      if (!order.isInTrail) await addToTrail(clients.database.audit, entryOf(value, order));
    }
    await conclude(clients, { value, etag }, left, untold);
    return withoutUntold(left.record, untold);
  } catch (error) {
    log.warn('order-unfinished', { mailKey: value.id, code: toMaloteError(error).code });
    return undefined;
  }
}

/** Tells the platform. @returns the record as it is then */
async function carryOut(
  clients: Clients,
  record: LedgerRecord,
  order: MailOrder,
  context: FollowUp,
): Promise<Replayed> {
  if (order.action === 'approved') return { record: await publishApproved(clients, record, context) };
  if (order.action === 'replayed') return publishReplayed(clients, record, order, context);
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
  return { record };
}

/** Writes that it has come; into a record that was changed meanwhile only what the orders have come to. */
async function conclude(
  { database: { ledger } }: Clients,
  before: Stored<LedgerRecord>,
  { record, conversation }: Replayed,
  told: MailOrder[],
): Promise<void> {
  const concluded = withoutUntold(record, told);
  if ((await replaceRecord(ledger, before, concluded, conversation)) !== undefined) return;
  const found = await findRecord(ledger, record.id);
  // Somebody else followed them up as well; or it was forgotten.
  if (!found?.value.untold?.some(({ id }) => told.some(order => order.id === id))) return;
  const merged = withoutUntold(mergeOrdered(found.value, before.value, record), told);
  const written = await replaceRecord(ledger, found, merged);
  if (written === undefined) throw new MaloteError('conflict', 'The record keeps being changed.');
}

function entryOf({ id: target }: LedgerRecord, { id, who, action, at, reason, agentId, number }: MailOrder) {
  const words = { reason, agentId, number };
  const changes = Object.entries(words).flatMap(([field, to]) =>
    to == null ? [] : [{ field, from: null, to }],
  );
  return auditEntry({ id, who, action, kind: 'mail', target, changes }, new Date(at));
}
