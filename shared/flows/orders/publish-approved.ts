// An approved mail goes to the platform: read from its raw, with hours and form as of the approval.
import { findConversations } from '../../azure/ledger.ts';
import type { Clients } from '../../clients.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { toMaloteError } from '../../errors.ts';
import { publishMails } from '../intake/publish.ts';
import { contextFor, type FollowUp, isForEver, reopen, serviceDeleted } from './reopen.ts';

/**
 * Publishes an approved mail as `mail.received` with its key as id, whether its service is active or not.
 * @returns its record, published; or set aside with the reason, when its raw is gone or it is never taken as it is
 * @throws MaloteError `dependency_unavailable`
 */
export async function publishApproved(
  clients: Clients,
  record: LedgerRecord,
  followUp: FollowUp,
): Promise<LedgerRecord> {
  const context = await contextFor(clients, record, followUp);
  if (!context) return { ...record, state: 'setAside', reason: serviceDeleted };
  try {
    const mail = await reopen(context, record, record.decision?.at);
    const conversation = await conversationOf(clients, record);
    const identified = { ...mail, sameAs: undefined, conversation, isHeld: false };
    const delivery = { number: 1, reason: 'approved' } as const;
    const { refused, failure } = await publishMails(context, [identified], async () => {}, delivery);
    const [refusal] = refused;
    if (refusal) return { ...record, state: 'setAside', reason: refusal.error.message };
    if (failure) throw failure;
    return { ...record, state: 'published', publishedAt: context.clock().toISOString() };
  } catch (error) {
    const ours = toMaloteError(error);
    if (!isForEver(ours)) throw error;
    return { ...record, state: 'setAside', reason: ours.message };
  }
}

/** The conversation that a recorded mail belongs to, and whether it is the one that opened it. */
export async function conversationOf(
  { database: { ledger } }: Pick<Clients, 'database'>,
  { id, serviceId, conversationKey }: LedgerRecord,
): Promise<{ key: string; first: boolean }> {
  const found = await findConversations(ledger, serviceId, conversationKey ? [conversationKey] : []);
  const openedBy = found.get(conversationKey ?? '')?.openedBy;
  return { key: conversationKey ?? id, first: openedBy === undefined || openedBy === id };
}
