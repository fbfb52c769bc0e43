// How a service, its status and the test of its connection are answered.
import * as z from 'zod';
import { mailStates } from '../../domain/mail/ledger-record.ts';
import { errorTraits } from '../../errors.ts';
import { instant, warning } from './parts.ts';

const code = z.enum(Object.keys(errorTraits));

const question = z.object({
  id: z.string().meta({ description: 'Stays the same, whatever becomes of the words.' }),
  type: z.string(),
  text: z.string(),
  required: z.boolean(),
  choices: z.array(z.string()).optional(),
});

const terms = {
  commentDisabled: z.boolean(),
  delivery: z.enum(['platform', 'mailbox']),
  askAgainAfterDays: z.int(),
  expiresAfterDays: z.int(),
  changeableHours: z.int(),
  alertBelow: z.int().nullable(),
};

const survey = z.union([
  z.object({ type: z.literal('none') }),
  z.object({
    type: z.literal('standard'),
    questionText: z.string().nullable(),
    linkText: z.string().nullable(),
    ...terms,
  }),
  z.object({ type: z.literal('custom'), questions: z.array(question), ...terms }),
]);

const auth = z.union([
  z.object({ type: z.literal('basic'), passwordSet: z.boolean() }),
  z.object({
    type: z.literal('oauth'),
    flow: z.string(),
    clientId: z.string(),
    tenantId: z.string(),
    redirectUri: z.string().nullable(),
    clientSecretSet: z.boolean(),
    clientSecretExpiresAt: instant.nullable(),
    clientCertificateSet: z.boolean(),
    clientCertificateExpiresAt: instant.nullable(),
    clientAssertion: z.literal('managedIdentity').nullable().optional(),
  }),
]);

const mailbox = z.object({
  protocol: z.enum(['imap', 'pop3', 'graph']),
  address: z.string(),
  username: z.string(),
  host: z.string().optional(),
  port: z.int().optional(),
  tls: z.string().optional(),
  caCertificate: z.string().nullable().optional(),
  outgoing: z
    .object({
      host: z.string(),
      port: z.int(),
      tls: z.string(),
      username: z.string().nullable(),
      passwordSet: z.boolean().optional(),
    })
    .nullable()
    .optional()
    .meta({ description: 'The server that mail is sent by.' }),
  folder: z.string(),
  authservId: z.string().nullable(),
  afterRead: z.union([
    z.object({ action: z.literal('move'), folder: z.string() }),
    z.object({ action: z.literal('delete') }),
  ]),
  auth,
});

export const service = z
  .object({
    id: z.string(),
    type: z.literal('email'),
    name: z.string(),
    active: z.boolean(),
    formId: z.string().nullable(),
    survey,
    discardDisabled: z.boolean(),
    approvalRequired: z.boolean(),
    readFrom: z.string(),
    readFromAt: instant.meta({ description: 'The instant that `readFrom` means.' }),
    mailbox: mailbox.optional().meta({ description: 'For administrators alone.' }),
    pollSeconds: z.int(),
    groups: z.array(z.object({ groupId: z.string(), scheduleId: z.string().nullable() })),
    createdAt: instant,
    updatedAt: instant,
    warnings: z.array(warning).optional().meta({ description: 'For administrators alone.' }),
  })
  .meta({ id: 'Service' });

const trouble = z
  .object({ code, message: z.string(), cure: z.string(), since: instant, failures: z.int() })
  .meta({ id: 'Trouble' });

const counts = Object.fromEntries([...mailStates, 'waiting', 'undisposed'].map(name => [name, z.int()]));

export const status = z
  .object({
    state: z.enum(['inactive', 'new', 'healthy', 'failing']),
    lastFetchAt: instant.nullable(),
    lastSuccessAt: instant.nullable(),
    lastError: trouble.nullable().meta({ description: 'Why the mailbox cannot be read.' }),
    disposalError: trouble.nullable().meta({ description: 'Why mail cannot be moved or deleted.' }),
    sending: trouble
      .nullable()
      .meta({ description: 'Why the mailbox sends no invitations to surveys; reading goes on.' }),
    connection: z
      .object({ flow: z.string(), connectedAs: z.string().nullable(), connectedAt: instant.nullable() })
      .nullable()
      .meta({ description: 'Of a mailbox that is logged in to with tokens.' }),
    warnings: z.array(warning),
    nextAttemptAt: instant.nullable(),
    fetching: z.boolean(),
    counts: z.object(counts),
    oldestHeldAt: instant.nullable(),
  })
  .meta({ id: 'MailboxStatus' });

export const report = z
  .object({
    ok: z.boolean(),
    durationMs: z.int(),
    steps: z.array(
      z.object({
        step: z.string(),
        outcome: z.enum(['ok', 'warning', 'failed', 'skipped']),
        durationMs: z.int(),
        message: z.string(),
        cure: z.string().optional(),
        detail: z.record(z.string(), z.unknown()).optional(),
        code: code.optional(),
      }),
    ),
    wouldRead: z.object({ count: z.int(), oldest: z.string().nullable(), exact: z.boolean() }).nullable(),
    offers: z.object({ createFolder: z.string() }).nullable(),
    warnings: z.array(warning),
  })
  .meta({ id: 'ConnectionReport' });
