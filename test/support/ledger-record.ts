// A record of the ledger for tests that care about a few of its members.
import type { LedgerRecord } from '../../shared/domain/mail/ledger-record.ts';

/** A published mail of nobody about nothing, but for `members`. */
export function ledgerRecord(
  members: Pick<LedgerRecord, 'id' | 'serviceId' | 'source' | 'receivedAt'> & Partial<LedgerRecord>,
): LedgerRecord {
  return {
    kind: 'mail',
    state: 'published',
    disposal: 'pending',
    recordedAt: members.receivedAt,
    rawSizeBytes: 1,
    rawSha256: null,
    messageIdSha256: null,
    conversationKey: null,
    from: '',
    subject: '',
    attachments: 0,
    automatic: false,
    bounce: false,
    loop: false,
    parse: 'ok',
    ...members,
  };
}
