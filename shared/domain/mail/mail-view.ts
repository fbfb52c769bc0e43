// A mail of the ledger as people and the platform see it: not which host, login and folder it was read from.
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

/** Of who looks after the mailbox also why it was set aside, and which mail of the folder it is (IMAP: the UID). */
export type MailView = Pick<LedgerRecord, (typeof shown)[number]> & {
  reason?: string;
  source?: { id: string };
};

/** What is shown of a record; `outside` is the platform. */
export function mailView(record: LedgerRecord, to: 'inside' | 'outside'): MailView {
  const names = shown.filter(name => record[name] !== undefined);
  const view = Object.fromEntries(names.map(name => [name, record[name]])) as unknown as MailView;
  if (to === 'outside') return view;
  const { reason, source } = record;
  return { ...view, ...(reason !== undefined && { reason }), source: { id: source.id } };
}
