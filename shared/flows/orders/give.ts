// An order about a mail: judged by its record, written there together with what must follow, and then followed up.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stored } from '../../azure/cosmos.ts';
import { findConversations, findRecord, replaceRecord } from '../../azure/ledger.ts';
import { type Clients, tracked } from '../../clients.ts';
import { type MailKey, unknownMail } from '../../domain/ids.ts';
import { conversationId, type LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { retryUntilWritten } from '../services/change.ts';
import { followUp } from './follow-up.ts';
import type { FollowUp } from './reopen.ts';

// The record is the judge: it changes under its ETag, so of two who decide the opposite at once one is first, and the other is
// told who. What must follow - the event, the trail's entry - is in the record itself until it has come (`untold`), so that no
// crash loses it, and is repeated under ids that are fixed.

/** How long a caller waits for what follows; what has not come by then is left to `followUpLeft`. */
const PATIENCE_MS = 3_000;

/** What the record becomes by the order; undefined when it was given before. Throws `conflict` where it cannot be given. */
type Judge = (record: LedgerRecord) => LedgerRecord | undefined;

/**
 * Gives an order about a mail. Given again, it changes nothing and answers the same.
 * @returns the record with the order in it
 * @throws MaloteError `not_found`, `conflict`, `dependency_unavailable`
 */
export async function giveOrder(clients: Clients, key: MailKey, judge: Judge): Promise<Stored<LedgerRecord>> {
  const { ledger } = clients.database;
  return retryUntilWritten(async () => {
    const found = await findRecord(ledger, key);
    if (!found) throw unknownMail(key);
    const next = judge(found.value);
    if (!next) return found;
    const conversation = enters(next) ? await conversationOpenedBy(clients, next) : undefined;
    const etag = await replaceRecord(ledger, found, next, conversation);
    return etag === undefined ? 'blocked' : { value: next, etag };
  });
}

/** Brings about what must follow, as far as it goes soon. Never throws. */
export async function followUpSoon(
  clients: Clients,
  records: Stored<LedgerRecord>[],
  context: FollowUp,
): Promise<void> {
  const following = tracked(async () => {
    for (const record of records) await followUp(clients, record, context);
  });
  await Promise.race([following, sleep(PATIENCE_MS, undefined, { ref: false })]);
}

function enters({ state, untold = [] }: LedgerRecord): boolean {
  return state === 'approving' && !untold.some(({ toHeld }) => toHeld);
}

/** The first mail that enters opens its conversation; claimed with the approval, for another may be approved meanwhile. */
async function conversationOpenedBy(
  { database: { ledger } }: Clients,
  { id, serviceId, conversationKey }: LedgerRecord,
) {
  if (conversationKey === null) return undefined;
  const opened = await findConversations(ledger, serviceId, [conversationKey]);
  if (opened.has(conversationKey)) return undefined;
  return {
    id: conversationId(conversationKey),
    serviceId,
    kind: 'conversation',
    key: conversationKey,
    openedBy: id,
  } as const;
}
