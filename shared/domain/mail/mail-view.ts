// A mail of the ledger as people and the platform see it: not which host, login and folder it was read from.
import type { LedgerRecord, MailOrder } from './ledger-record.ts';
import { type LifeStep, lifeOf, nameOf } from './life.ts';

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
  'publishedAt',
  'deliveries',
  'from',
  'fromName',
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
  snippet?: string;
  decision?: OrderView;
  discard?: OrderView;
  reason?: string;
  source?: { id: string };
  /** What became of it, in the order of time. */
  life: LifeStep[];
};

/** What was ordered, by whom, when and why. */
export type OrderView = Pick<MailOrder, 'action' | 'at' | 'reason'> & { by: string };

/** What is shown of a record; `outside` is the platform. */
export function mailView(record: LedgerRecord, to: 'inside' | 'outside'): MailView {
  const names = shown.filter(name => record[name] !== undefined);
  const view = Object.fromEntries(names.map(name => [name, record[name]])) as unknown as MailView;
  const { decision, discard, snippet, reason, source } = record;
  const orders = {
    ...(decision && { decision: orderView(decision) }),
    ...(discard && { discard: orderView(discard) }),
    life: lifeOf(record, to),
  };
  if (to === 'outside') return { ...view, ...orders };
  return {
    ...view,
    ...orders,
    ...(snippet !== undefined && { snippet }),
    ...(reason !== undefined && { reason }),
    source: { id: source.id },
  };
}

function orderView(order: MailOrder): OrderView {
  const { action, at, reason } = order;
  return { action, by: nameOf(order), at, reason };
}
