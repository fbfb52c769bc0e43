// Pieces that many answers have: instants, pages, problems.
import * as z from 'zod';
import { errorTraits } from '../../errors.ts';
import type { Answer } from './operation.ts';

/** RFC 3339 in UTC. */
export const instant = z.iso.datetime();

export const warning = z
  .object({ field: z.string(), message: z.string() })
  .meta({ id: 'Warning', description: 'What should be mended before it becomes trouble.' });

/** RFC 9457, as http/problem.ts makes it. */
export const problem = z
  .object({
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.enum(Object.keys(errorTraits)).meta({ description: 'Never changes its meaning.' }),
    detail: z.string(),
    instance: z.string().meta({ description: 'Names this occurrence in the log.' }),
    cure: z.string().optional(),
    errors: z
      .array(z.object({ field: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every member at fault, with what is wrong and the cure.' }),
  })
  .meta({ id: 'Problem' });

/** A page of a list. */
export function pageOf(item: z.ZodType) {
  return z.object({
    items: z.array(item),
    nextCursor: z
      .string()
      .nullable()
      .meta({ description: 'The `cursor` of the next page; null at the end.' }),
  });
}

/** An answer that has a version. */
export function versioned(says: string, json: z.ZodType): Answer {
  return { says, json, headers: ['ETag'] };
}

export const removed: Answer = { says: 'It is gone.' };
