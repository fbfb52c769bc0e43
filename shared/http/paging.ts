// Lists in pages: how many, and from where; a cursor is opaque to its caller.
import { z } from 'zod';

/** Query parameters of every list that comes in pages. */
export const pageQuery = z.strictObject({
  limit: z.coerce
    .number({ error: 'must be a whole number from 1 to 200' })
    .int('must be a whole number from 1 to 200')
    .min(1, 'must be a whole number from 1 to 200')
    .max(200, 'must be a whole number from 1 to 200')
    .default(50),
  cursor: z
    .string()
    .refine(cursor => decode(cursor) !== undefined, 'is not a cursor; give the nextCursor of the last page')
    .optional(),
});

/** Where the page that is asked for begins; the empty text is the beginning. */
export function rangeOf({ limit, cursor }: z.output<typeof pageQuery>): { after: string; limit: number } {
  return { after: (cursor !== undefined && decode(cursor)) || '', limit };
}

/** The cursor that goes on after `next`; null when there is nothing more. */
export function nextCursor(next: string | undefined): string | null {
  return next === undefined ? null : Buffer.from(JSON.stringify([next])).toString('base64url');
}

function decode(cursor: string): string | undefined {
  try {
    const [after]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return typeof after === 'string' ? after : undefined;
  } catch {
    return undefined;
  }
}
