// The operations about the app itself, open to anyone.
import * as z from 'zod';
import type { Operations } from './operation.ts';

const settings = z.array(z.string()).meta({ description: 'The names of those that are missing or wrong.' });
const state = z.enum(['ok', 'unavailable']);
const health = z
  .union([
    z.object({
      ready: z.boolean(),
      dependencies: z.object({ database: state, blobs: state, bus: state }),
    }),
    z.object({ ready: z.literal(false), settings }),
  ])
  .meta({ id: 'Health' });

const tag = 'About' as const;

/** By the names of their functions. */
export const about: Operations = {
  'front-page': {
    tag,
    summary: 'What this is and where to go, for people',
    answers: { 200: { says: 'A page in the language of the browser.', type: 'text/html' } },
    example: {},
  },
  'api-document': {
    tag,
    summary: 'This document',
    answers: { 200: { says: 'OpenAPI 3.1.', json: z.record(z.string(), z.unknown()) } },
    example: {},
  },
  'api-docs': {
    tag,
    summary: 'This document, for people',
    answers: { 200: { says: 'A page that loads nothing.', type: 'text/html' } },
    example: {},
  },
  'health-live': {
    tag,
    summary: 'Whether the app runs',
    answers: { 200: { says: 'It does.', json: z.object({ alive: z.literal(true) }) } },
    example: { answer: { alive: true } },
  },
  'health-ready': {
    tag,
    summary: 'Whether the app has its settings and what it depends on',
    answers: { 200: { says: 'It has.', json: health }, 503: { says: 'Something is away.', json: health } },
    example: { answer: { ready: true, dependencies: { database: 'ok', blobs: 'ok', bus: 'ok' } } },
  },
};
