// The operations of who looks after the deployment: the trail, test events, the configuration as a file.
import * as z from 'zod';
import { auditKinds } from '../../domain/audit.ts';
import { errorTraits } from '../../errors.ts';
import { exampleIds, type Operations } from './operation.ts';
import { instant, pageOf } from './parts.ts';

const anything = z.record(z.string(), z.unknown());

const entry = z
  .object({
    id: z.string(),
    at: instant,
    who: z.object({ oid: z.string(), name: z.string(), role: z.string() }),
    action: z.string(),
    kind: z.enum(auditKinds),
    target: z.string(),
    changes: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
  })
  .meta({ id: 'AuditEntry', description: 'Who did what, and when. Secrets are `***`.' });

const configuration = z
  .object({
    settings: anything,
    schedules: z.array(anything),
    groups: z.array(anything),
    forms: z.array(anything),
    services: z.array(anything),
  })
  .meta({ id: 'Configuration', description: 'Everything that is configured, without secrets.' });

const outcomes = ['created', 'changed', 'left', 'refused'] as const;
const result = z.object({
  kind: z.string(),
  name: z.string(),
  outcome: z.enum(outcomes),
  fields: z.array(z.string()).optional(),
  code: z.enum(Object.keys(errorTraits)).optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});
const applied = z
  .object({
    dryRun: z.boolean(),
    counts: z.object(Object.fromEntries(outcomes.map(each => [each, z.int()]))),
    results: z.array(result),
  })
  .meta({ id: 'ConfigurationApplied' });

const erasure = z
  .object({
    id: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    requestedAt: instant,
    finishedAt: instant.nullable(),
    count: z.int(),
    mailKeys: z.array(z.string()).meta({ description: 'What the platform has to erase, too.' }),
    invitationCount: z.int(),
    invitationIds: z.array(z.string()).meta({ description: 'The same of surveys.' }),
    more: z.boolean(),
    stays: z.array(z.string()).meta({ description: 'What is not in our hands, or is kept for a while.' }),
  })
  .meta({ id: 'Erasure' });
const wouldErase = z.object({
  dryRun: z.literal(true),
  count: z.int(),
  mailKeys: z.array(z.string()),
  invitationCount: z.int(),
  invitationIds: z.array(z.string()),
  more: z.boolean(),
  complete: z.boolean(),
  stays: z.array(z.string()),
});

const tag = 'Administration' as const;

/** By the names of their functions. */
export const administration: Operations = {
  'audit-search': {
    tag,
    summary: 'Search the audit trail, newest first',
    answers: { 200: { says: 'A page of entries.', json: pageOf(entry) } },
    example: { query: { kind: 'service', limit: '20' } },
  },
  'events-test': {
    tag,
    summary: 'Send an event that only tests that it arrives',
    answers: { 202: { says: 'It is on its way.', json: z.object({ id: z.string(), type: z.string() }) } },
    example: { body: { type: 'mail.received' } },
  },
  'erasures-order': {
    tag,
    summary: 'Forget a correspondent in all services',
    answers: {
      200: { says: 'What would be erased.', json: wouldErase },
      202: { says: 'It is being done.', json: erasure, headers: ['Location'] },
    },
    example: { body: { address: 'bia@exemplo.com.br', dryRun: true } },
  },
  'erasures-read': {
    tag,
    summary: 'How far an erasure is',
    answers: { 200: { says: 'The erasure.', json: erasure } },
    errors: ['not_found'],
    example: { path: { id: exampleIds.erasure } },
  },
  'configuration-read': {
    tag,
    summary: 'The configuration as a file',
    answers: { 200: { says: 'All of it.', json: configuration } },
    example: {},
  },
  'configuration-apply': {
    tag,
    summary: 'Make the configuration what a file says',
    description: 'Nothing is deleted. Records that are refused do not stop the others.',
    answers: { 200: { says: 'What became of each record, or would.', json: applied } },
    example: { query: { dryRun: 'true' }, body: { groups: [{ id: 'n3', name: 'N\u00edvel 3' }] } },
  },
};
