// For maildrops: a mail is in the ledger as `stored`, its raw beside it, before the server may hide or delete it.

import type { Stored } from '../../azure/cosmos.ts';
import { findRecords, recordMails } from '../../azure/ledger.ts';
import type { MailKey } from '../../domain/ids.ts';
import type { LedgerRecord, Tombstone } from '../../domain/mail/ledger-record.ts';
import type { MaloteError } from '../../errors.ts';
import type { IdentifiedMail } from './identify.ts';
import { storedRecord } from './records.ts';
import type { IntakeContext } from './visit.ts';

/**
 * Records mails as `stored`, those that are not yet.
 * @param known the records that there are of them; the new ones are put in
 * @returns the mails that are in the ledger, and why others are not
 * @throws MaloteError `dependency_unavailable` when the ledger cannot be read
 */
export async function storeFirst(
  context: IntakeContext,
  mails: IdentifiedMail[],
  known: Map<MailKey, Stored<LedgerRecord | Tombstone>>,
): Promise<{ mails: IdentifiedMail[]; failure: MaloteError | undefined }> {
  const { ledger } = context.clients.database;
  const missing = mails.filter(({ key }) => known.get(key)?.value.state !== 'stored');
  const writes = missing.map(mail => ({
    record: storedRecord(context, mail),
    over: known.get(mail.key),
  }));
  const outcomes = await recordMails(ledger, context.service.id, writes);
  // Their ETags; and where the answer was lost, whether they are there after all.
  const found = await findRecords(
    ledger,
    context.service.id,
    missing.map(({ key }) => key),
  );
  for (const [key, record] of found) known.set(key, record);
  const safe = mails.filter(({ key }) => (known.get(key)?.value.state ?? 'setAside') !== 'setAside');
  const isSafe = (mail: IdentifiedMail | undefined) => safe.some(({ key }) => key === mail?.key);
  const failure = outcomes.find((error, index) => error && !isSafe(missing[index]));
  return { mails: safe, failure };
}
