// A mail goes to the platform anew, from its raw: as its next delivery, or as its first, or to whom decides whether it enters.
import type { Clients } from '../../clients.ts';
import type { ConversationRecord, LedgerRecord, MailOrder } from '../../domain/mail/ledger-record.ts';
import { withFailedReplay } from '../../domain/mail/replay.ts';
import { MaloteError, toMaloteError } from '../../errors.ts';
import { type IdentifiedMail, identifyMails } from '../intake/identify.ts';
import { publishMails } from '../intake/publish.ts';
import { recordWrite } from '../intake/records.ts';
import type { IntakeContext } from '../intake/visit.ts';
import { conversationOf } from './publish-approved.ts';
import { contextFor, type FollowUp, isForEver, reopen, serviceDeleted } from './reopen.ts';

/** A record as it is after a replay, and the conversation that its mail opens by it. */
export type Replayed = { record: LedgerRecord; conversation?: ConversationRecord | undefined };

/**
 * Publishes a mail under the number that its replay has reserved. Repeated, the event has the same id.
 * @returns its record; with the reason in its replay where that will never be, and set aside if it never was published
 * @throws MaloteError `dependency_unavailable`
 */
export async function publishReplayed(
  clients: Clients,
  record: LedgerRecord,
  order: MailOrder,
  followUp: FollowUp,
): Promise<Replayed> {
  const context = await contextFor(clients, record, followUp);
  if (!context) return { record: failedReplay(record, order, serviceDeleted) };
  try {
    const replayed =
      record.state === 'published'
        ? await publishAgain(context, record, order)
        : await publishFirst(context, record, order);
    context.log.info('mail-replayed', { mailKey: record.id, number: order.number });
    return replayed;
  } catch (error) {
    const ours = toMaloteError(error);
    if (!isForEver(ours)) throw error;
    const reason = ours.code === 'not_found' ? 'Its raw is not kept.' : ours.message;
    return { record: failedReplay(record, order, reason) };
  }
}

async function publishAgain(
  context: IntakeContext,
  record: LedgerRecord,
  order: MailOrder,
): Promise<Replayed> {
  const mail = await reopen(context, record, order.at);
  const conversation = await conversationOf(context.clients, record);
  await send(context, { ...mail, sameAs: undefined, conversation, isHeld: false }, order);
  return { record };
}

/** What was set aside may never have been read: its record is written as intake would have. */
async function publishFirst(
  context: IntakeContext,
  record: LedgerRecord,
  order: MailOrder,
): Promise<Replayed> {
  const mail = await reopen(context, record, record.storedAt ?? record.recordedAt);
  const [found] = await identifyMails(context, [mail]);
  if (!found) throw new MaloteError('internal', 'A mail was not identified.');
  const identified = { ...found, sameAs: undefined, isHeld: order.toHeld === true };
  await send(context, identified, order);
  const { record: fresh, conversation } = recordWrite(context, identified);
  const { reason: _, ...rest } = record;
  const now = context.clock().toISOString();
  return {
    record: {
      ...rest,
      ...fresh,
      disposal: record.disposal,
      ...(order.toHeld ? {} : { publishedAt: now }),
    },
    // Of a mail whose conversation is known the order itself has opened it.
    conversation: record.conversationKey === null ? conversation : undefined,
  };
}

async function send(context: IntakeContext, mail: IdentifiedMail, { number = 1 }: MailOrder): Promise<void> {
  const delivery = { number, reason: 'replayed' } as const;
  const { refused, failure } = await publishMails(context, [mail], async () => {}, delivery);
  const error = refused[0]?.error ?? failure;
  if (error) throw error;
}

function failedReplay(record: LedgerRecord, order: MailOrder, reason: string): LedgerRecord {
  const failed = withFailedReplay(record, order, reason);
  return record.state === 'published'
    ? failed
    : { ...failed, state: 'setAside', reason: record.reason ?? reason };
}
