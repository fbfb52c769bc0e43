// Lists in pages: how many, and from where; a cursor is opaque to its caller.
import * as z from 'zod';

const limits = 'must be a whole number from 1 to 200';

/**
 * Query parameters of every list that comes in pages.
 * @param length how many texts the cursors of this list hold
 * @param isPlace whether a list can go on after them
 */
export function pageQuery(length: number, isPlace: (place: string[]) => boolean = () => true) {
  return z.strictObject({
    limit: z
      .string()
      .regex(/^[1-9]\d{0,2}$/, limits)
      .transform(Number)
      .refine(limit => limit <= 200, limits)
      .default(50),
    cursor: z
      .string()
      .transform(cursor => placeIn(cursor, length))
      .refine(
        place => place !== undefined && isPlace(place),
        'is not a cursor of this list; give the nextCursor of the page before, or leave it out to begin anew',
      )
      .optional(),
  });
}

/** Of lists that go on after one text. */
export const textPages = pageQuery(1);

/** Where the page that is asked for begins; the empty text is the beginning. */
export function rangeOf({ limit, cursor }: z.output<typeof textPages>): { after: string; limit: number } {
  return { after: cursor?.[0] ?? '', limit };
}

/** The cursor that goes on after a place; null when there is nothing more. */
export function nextCursor(place: string[] | undefined): string | null {
  return place === undefined ? null : Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place in a cursor; undefined in what was never one of ours, or for a list of another kind. */
function placeIn(cursor: string, length: number): string[] | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    // Whatever has another spelling was not made here.
    const isOurs = isTexts(place) && place.length === length && nextCursor(place) === cursor;
    return isOurs && place.every(text => !/\p{Cc}|\p{Cs}/u.test(text)) ? place : undefined;
  } catch {
    return undefined;
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string');
}
