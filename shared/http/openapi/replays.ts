// The operations that publish mails anew.
import * as z from 'zod';
import { mailStates } from '../../domain/mail/ledger-record.ts';
import { replayOutcomes } from '../../domain/replay-job.ts';
import { mail } from './mails.ts';
import { exampleIds, type Operations } from './operation.ts';
import { instant } from './parts.ts';

const replay = z
  .object({
    id: z.string(),
    serviceId: z.string(),
    from: instant,
    to: instant,
    state: z.enum(mailStates).nullable(),
    reason: z.string().nullable(),
    status: z.enum(['running', 'done', 'stopped']),
    total: z.int(),
    counts: z.object(Object.fromEntries(replayOutcomes.map(each => [each, z.int()]))),
    by: z.string(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Replay', description: 'Many mails published anew, and how far that is.' });

const counted = z.object({
  from: instant,
  to: instant,
  count: z.int().meta({ description: 'To be replayed, or held.' }),
  refused: z.int(),
  states: z.partialRecord(z.enum(mailStates), z.int()),
});

const tag = 'Mails' as const;
const period = { serviceId: exampleIds.service, from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' };

/** By the names of their functions. */
export const replays: Operations = {
  'mails-replay': {
    tag,
    summary: 'Publish a mail anew',
    answers: { 200: { says: 'The mail.', json: mail } },
    errors: ['not_found', 'conflict'],
    example: { path: { key: exampleIds.mail }, body: { reason: 'A plataforma o perdeu.' } },
  },
  'mails-replay-many': {
    tag,
    summary: 'Publish the mails of a period anew',
    answers: {
      200: { says: 'Of a dry run: how many.', json: counted },
      202: { says: 'It has begun.', json: replay, headers: ['Location'] },
    },
    errors: ['not_found'],
    example: { body: { ...period, dryRun: true } },
  },
  'replays-read': {
    tag,
    summary: 'How far a replay is',
    answers: { 200: { says: 'The replay.', json: replay } },
    errors: ['not_found'],
    example: { path: { id: exampleIds.replay } },
  },
  'replays-stop': {
    tag,
    summary: 'End a replay after the mails in hand',
    answers: { 200: { says: 'The replay.', json: replay } },
    errors: ['not_found'],
    example: { path: { id: exampleIds.replay } },
  },
};
