// The Date header to an instant (RFC 5322 3.3 and 4.3), without the guesses of `Date.parse`, which differ by machine.

import { monthOf, zoneHours } from './date-names.ts';

/** What a Date header says. */
export type MailDate = {
  /** RFC 3339 in UTC with seconds; null when no date can be read, or it may mean several days. */
  instant: string | null;
  /** False when it names a zone that is not known, or may be several: it was read as UTC (RFC 5322 4.3). */
  zoneKnown: boolean;
};

type Day = { year: number; month: number; day: number };
/** Of a day, and what stands behind it: the time and the zone. */
type Dated = { day: Day; rest: string };

const weekday = /^\p{L}{2,14}(?:-feira)?[.,]{0,2}\s?/u;
/** `5 Mar 2025`, `05-Mar-25`, `5 de março de 2025`, `029 Apr 2025`. */
const dayMonthYear =
  /^0{0,2}(\d{1,2})(?:st|nd|rd|th|º)?[\s.,/-]{1,2}(?:de\s)?([a-z]{3,9})[\s.,/-]{1,2}(?:del?\s)?(\d{2,4})(?!\d)/;
/** `March 05, 2025`, and what JavaScript makes of a date. */
const monthDayYear = /^([a-z]{3,9})[.]?[\s-]0{0,2}(\d{1,2})(?:st|nd|rd|th)?,?\s(\d{4})(?!\d)/;
/** C's asctime and Java: `Jan  2 15:04:05 2006`, a zone before or behind the year. */
const yearLast =
  /^([a-z]{3})\s(\d{1,2})\s(\d{1,2}:\d{2}(?::\d{2})?)((?:\s[a-z]{1,5})?(?:\s?[+-]\d{4})?)\s(\d{4})(?!\d)/;
/** ISO 8601, with or without its separators, as dates of programs are. */
const yearMonthDay = /^(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)|(\d{2})(\d{2})(?=t?\d{4}))/;
const numbers = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)/;

const time =
  /^(?:(\d{1,2})\s?[:.h]\s?(\d{2})(?:\s?[:.]\s?(\d{2})(?:[.,]\d{1,9})?)?|(\d{2})(\d{2})(\d{2})?(?!\d)|(\d{1,2})(?=\s?[ap]\.?\s?m))(?:\s?([ap])\.?\s?m\b\.?)?/;
const offset = /^\s?(?:[a-z]{1,5}\s?)?([+-])\s?(\d{1,2})(?::?(\d{2}))?(?!\d)/;

/** Reads a Date header: comments are allowed; weekday, time, seconds and zone may be missing, a missing zone means UTC. */
export function readDate(field: string | undefined): MailDate {
  const { text, comment } = withoutComments((field ?? '').slice(0, 200));
  const dated = readDay(text) ?? readDay(text.replace(weekday, ''));
  const clock = dated && readTime(dated.rest);
  if (!dated || !clock) return { instant: null, zoneKnown: true };
  const zone = readZone(clock.rest) ?? readZone(comment) ?? 0;
  const instant = instantOf(dated.day, clock, zone === 'unknown' ? 0 : zone);
  return { instant, zoneKnown: zone !== 'unknown' };
}

/** @returns the instant alone */
export function parseDate(field: string | undefined): string | null {
  return readDate(field).instant;
}

/** Lower case without accents, every row of blanks a single one; RFC 5322 3.2.2: comments nest. */
function withoutComments(field: string): { text: string; comment: string } {
  let text = '';
  let comment = '';
  let depth = 0;
  for (const character of field
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/\u2212/g, '-')
    .toLowerCase()) {
    if (character === '(') depth++;
    else if (character === ')') depth = Math.max(depth - 1, 0);
    else if (depth > 0) comment += character;
    else text += character;
  }
  const tidy = (words: string) => words.replace(/["'\s]+/g, ' ').trim();
  return { text: tidy(text), comment: tidy(comment) };
}

function readDay(text: string): Dated | null {
  let found = dayMonthYear.exec(text);
  if (found) {
    const [all, day, month = '', year = ''] = found;
    return dated(text.slice(all.length), fullYear(Number(year), year.length), monthOf(month), day);
  }
  found = monthDayYear.exec(text);
  if (found) return dated(text.slice(found[0].length), found[3], monthOf(found[1] ?? ''), found[2]);
  found = yearLast.exec(text);
  if (found) {
    const [all, month = '', day, clock, zone, year] = found;
    return dated(` ${clock}${zone}${text.slice(all.length)}`, year, monthOf(month), day);
  }
  found = yearMonthDay.exec(text);
  if (found) return dated(text.slice(found[0].length), found[1], found[2] ?? found[4], found[3] ?? found[5]);
  found = numbers.exec(text);
  if (!found) return null;
  // Here the month is first, there the day: only where one of them can be no month it is clear.
  const [first, second] = [Number(found[1]), Number(found[2])];
  if (first <= 12 && second <= 12 && first !== second) return null;
  return dated(text.slice(found[0].length), found[3], Math.min(first, second), Math.max(first, second));
}

function dated(rest: string, ...[year, month, day]: (string | number | undefined)[]): Dated {
  return { rest, day: { year: Number(year), month: Number(month), day: Number(day) } };
}

/** RFC 5322 4.3: two digits below 50 are this century; three digits are years since 1900. */
function fullYear(year: number, digits: number): number {
  if (digits === 2) return year < 50 ? 2000 + year : 1900 + year;
  return digits === 3 ? 1900 + year : year;
}

type Clock = { hour: number; minute: number; second: number; rest: string };

/** @returns midnight when nothing stands there, null when it is no time */
function readTime(behind: string): Clock | null {
  const text = behind.replace(/^[\s,:t]{0,3}(?:(?:at|as|a las|um|le|klo)\s)?/, '');
  if (text === '') return { hour: 0, minute: 0, second: 0, rest: '' };
  const found = time.exec(text);
  if (!found) return null;
  const hour = Number(found[1] ?? found[4] ?? found[7]);
  const half = found[8];
  const shift = half === 'p' && hour < 12 ? 12 : half === 'a' && hour === 12 ? -12 : 0;
  return {
    hour: hour + shift,
    minute: Number(found[2] ?? found[5] ?? 0),
    second: Number(found[3] ?? found[6] ?? 0),
    rest: text.slice(found[0].length),
  };
}

/** Minutes: no place is further from UTC than Kiritimati. */
const furthestZone = 14 * 60;

/** @returns minutes from UTC, undefined when there is no zone */
function readZone(text: string): number | 'unknown' | undefined {
  const found = offset.exec(text);
  if (found) {
    const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
    if (minutes > furthestZone) return 'unknown';
    return found[1] === '-' ? -minutes : minutes;
  }
  const name = /^\s?([a-z]{1,5})(?![a-z])/.exec(text)?.[1];
  if (name === undefined) return undefined;
  const hours = zoneHours(name);
  return hours === undefined ? 'unknown' : hours * 60;
}

function instantOf(
  { year, month, day }: Day,
  { hour, minute, second }: Clock,
  zoneMinutes: number,
): string | null {
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return null;
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return null;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute - zoneMinutes, Math.min(second, 59)));
  const sensible = date.getUTCFullYear() >= 1900 && date.getUTCFullYear() <= 9999;
  return sensible ? date.toISOString().replace('.000Z', 'Z') : null;
}
