// A period as a caller gives it: from an instant (`from`), before another (`to`).
import * as z from 'zod';
import { MaloteError } from '../errors.ts';

const DAY_MS = 86_400_000;
const must = 'must be an instant such as 2026-03-02T12:00:00Z';

/** One instant, with its offset; given as RFC 3339 in UTC, with milliseconds. */
export const instant = z.iso
  .datetime({ offset: true, error: must })
  .transform(text => new Date(text).toISOString())
  .refine(isInstant, must);

/** Whether a text is an instant as we write them. */
export function isInstant(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/.test(text);
}

/** Members of a query that takes a period. */
export const periodMembers = { from: instant.optional(), to: instant.optional() };

export type Period = { from: string; to: string };

/**
 * The period that is meant: without `to` until now, without `from` the `usualDays` before it.
 * @throws MaloteError `malformed_parameter` when it ends before it begins, or is longer than `mostDays`
 */
export function periodOf(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  now: Date,
  { usualDays, mostDays }: { usualDays: number; mostDays: number },
): Period {
  const end = to ?? now.toISOString();
  const begin = from ?? new Date(Math.max(0, Date.parse(end) - usualDays * DAY_MS)).toISOString();
  const days = (Date.parse(end) - Date.parse(begin)) / DAY_MS;
  if (days < 0) throw refused('from', 'from is after to; give the earlier instant first.');
  if (days > mostDays) {
    throw refused('from', `from and to are more than ${mostDays} days apart; ask for a shorter period.`);
  }
  return { from: begin, to: end };
}

function refused(field: string, message: string): MaloteError {
  return new MaloteError('malformed_parameter', message, { fields: [{ field, message }] });
}
