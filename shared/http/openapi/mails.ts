// The operations about mails: the ledger, what is in it, and what is decided about those that wait.
import * as z from 'zod';
import { mailStates } from '../../domain/mail/ledger-record.ts';
import { errorTraits } from '../../errors.ts';
import { type Answer, exampleIds, type Operations } from './operation.ts';
import { instant, pageOf } from './parts.ts';

const order = z.object({
  action: z.enum(['approved', 'rejected', 'discarded']),
  by: z.string(),
  at: instant,
  reason: z.string().nullable(),
});

const lifeStep = z
  .object({
    what: z.string(),
    at: instant,
    by: z.string().optional(),
    reason: z.string().optional(),
    number: z.int().optional(),
  })
  .meta({ id: 'LifeStep', description: 'What happened to a mail, and when.' });

const mailKey = z.string().meta({ description: 'The identity of a mail, for ever.' });
const state = z.enum(mailStates);

export const mail = z
  .object({
    id: mailKey,
    serviceId: z.string(),
    state,
    sameAs: z.string().optional().meta({ description: 'Of a mail that reappeared: which it is.' }),
    disposal: z.enum(['pending', 'moved', 'deleted', 'gone']),
    receivedAt: instant,
    recordedAt: instant,
    disposedAt: instant.optional(),
    heldAt: instant.optional(),
    publishedAt: instant.optional(),
    deliveries: z.int().optional().meta({ description: 'How often it was published, when more than once.' }),
    from: z.string(),
    fromName: z.string().optional(),
    subject: z.string(),
    attachments: z.int().meta({ description: 'How many.' }),
    rawSizeBytes: z.int(),
    rawSha256: z.string().nullable(),
    conversationKey: z.string().nullable(),
    automatic: z.boolean(),
    bounce: z.boolean(),
    loop: z.boolean(),
    parse: z.enum(['ok', 'defects', 'failed']),
    life: z.array(lifeStep),
    decision: order.optional(),
    discard: order.optional(),
    snippet: z.string().optional().meta({ description: 'Not for the platform; of held mail.' }),
    reason: z.string().optional().meta({ description: 'Not for the platform; why it was set aside.' }),
    source: z.object({ id: z.string() }).optional().meta({ description: 'Not for the platform.' }),
  })
  .meta({ id: 'Mail', description: 'What the ledger says of a mail.' });

const decided = z.union([
  z.object({ mailKey, state }),
  z.object({ mailKey, code: z.enum(Object.keys(errorTraits)), detail: z.string() }),
]);
const decidedMany = z
  .union([
    z.object({ results: z.array(decided) }),
    z.object({ count: z.int(), more: z.boolean(), heldBefore: instant }),
    z.object({ decided: z.int(), refused: z.int(), more: z.boolean() }),
  ])
  .meta({ id: 'DecidedMany', description: 'Of `keys`; of a dry run; of a filter.' });

const body = z.object({ text: z.string(), newText: z.string(), html: z.string().nullable() });
const bytes: Answer = { says: 'The bytes, to be saved.', type: 'application/octet-stream' };
const path = { key: exampleIds.mail };
const file = { tag: 'Mails' as const, errors: ['not_found' as const] };
const held = { tag: 'Held' as const };

/** By the names of their functions. */
export const mails: Operations = {
  'mails-list': {
    tag: 'Mails',
    summary: 'List the ledger, newest first',
    description: 'Of one service, or of all where there are no more than 50.',
    answers: { 200: { says: 'A page of mails.', json: pageOf(mail) } },
    example: { query: { state: 'published', limit: '20' } },
  },
  'mails-read': {
    ...file,
    summary: 'What the ledger says of a mail',
    answers: { 200: { says: 'The mail.', json: mail } },
    example: { path },
  },
  'mails-discard': {
    tag: 'Mails',
    summary: 'Say that the attendance of a mail was discarded',
    description: '`forbidden` where the service has discardDisabled.',
    answers: { 200: { says: 'The mail.', json: mail } },
    errors: ['not_found', 'conflict'],
    example: { path, body: { reason: 'Engano do cliente.', agentId: 'ana' } },
  },
  'mails-body': {
    ...file,
    summary: 'The texts of a mail, whole',
    description: 'Read from the raw again where the event carried them: as this release reads them.',
    answers: { 200: { says: 'The texts.', json: body } },
    errors: ['not_found', 'too_large'],
    example: { path, answer: { text: 'Onde ele está?', newText: 'Onde ele está?', html: null } },
  },
  'mails-raw': {
    ...file,
    summary: 'The mail as it was downloaded',
    answers: { 200: { ...bytes, type: 'message/rfc822' } },
    example: { path },
  },
  'mails-attachment': {
    ...file,
    summary: 'An attachment, by its number in the event',
    answers: { 200: { ...bytes, type: '*/*' } },
    example: { path: { ...path, number: '0' } },
  },
  'mails-data': {
    ...file,
    summary: 'The data of an event that was too long for the bus',
    answers: { 200: { says: 'As its `dataref` promises.', json: z.record(z.string(), z.unknown()) } },
    example: { path: { ...path, name: 'event' } },
  },
  'mails-preview': {
    ...held,
    summary: 'A mail as one HTML document that loads nothing',
    description: 'Fetch it with the token and show it in `<iframe sandbox srcdoc>`.',
    answers: { 200: { says: 'The document.', type: 'text/html' } },
    errors: ['not_found', 'too_large'],
    example: { path: { key: exampleIds.heldMail } },
  },
  'held-list': {
    ...held,
    summary: 'List the mail that waits, in the order in which it came to wait',
    answers: { 200: { says: 'A page of mails.', json: pageOf(mail) } },
    example: { query: { limit: '20' } },
  },
  'mails-approve': {
    ...held,
    summary: 'Let a held mail in',
    description: 'May be repeated. A rejected mail needs `overrideRejection`.',
    answers: { 200: { says: 'The mail.', json: mail } },
    errors: ['not_found', 'conflict'],
    example: { path: { key: exampleIds.heldMail }, body: { reason: 'Cliente conhecido.' } },
  },
  'mails-reject': {
    ...held,
    summary: 'Keep a held mail out',
    description: 'May be repeated. A mail that was approved cannot be rejected.',
    answers: { 200: { says: 'The mail.', json: mail } },
    errors: ['not_found', 'conflict'],
    example: { path: { key: exampleIds.mailToReject }, body: { reason: 'Propaganda.' } },
  },
  'held-approve': {
    ...held,
    summary: 'Let many in',
    description:
      'Up to 100 `keys`; or a `filter`, first with `dryRun`, then with the `heldBefore` it answered.',
    answers: { 200: { says: 'What came of it.', json: decidedMany } },
    example: {
      body: { filter: { sender: 'ana@exemplo.com.br' }, dryRun: true },
      answer: { count: 2, more: false, heldBefore: '2026-11-02T11:00:00.000Z' },
    },
  },
  'held-reject': {
    ...held,
    summary: 'Keep many out',
    description: 'As with approve.',
    answers: { 200: { says: 'What came of it.', json: decidedMany } },
    example: {
      body: { keys: [exampleIds.mailToReject], reason: 'Propaganda.' },
      answer: { results: [{ mailKey: exampleIds.mailToReject, state: 'rejected' }] },
    },
  },
};
