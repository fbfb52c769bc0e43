// A mail of the ledger as people and the platform see it: not where it was read, which tells host, login and folder.
import type { LedgerRecord } from './ledger-record.ts';

/** Members of the record that may leave the app. The others are how we know a mail again. */
const shown = [
  'id',
  'serviceId',
  'state',
  'sameAs',
  'disposal',
  'receivedAt',
  'recordedAt',
  'disposedAt',
  'heldAt',
  'from',
  'subject',
  'attachments',
  'rawSizeBytes',
  'rawSha256',
  'conversationKey',
  'automatic',
  'bounce',
  'loop',
  'parse',
] as const satisfies readonly (keyof LedgerRecord)[];

/** Why it was set aside is for those who look after the app: it tells of our stores. */
const shownInside = [...shown, 'reason'] as const;

export type MailView = Pick<LedgerRecord, (typeof shownInside)[number]>;

/** What is shown of a record; `outside` is the platform. */
export function mailView(record: LedgerRecord, to: 'inside' | 'outside'): MailView {
  const names = to === 'inside' ? shownInside : shown;
  const members = names.filter(name => record[name] !== undefined).map(name => [name, record[name]]);
  return Object.fromEntries(members);
}
