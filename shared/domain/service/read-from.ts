// The date from which mail is read: how it may be written, and the instant it means.

type Parsed = { instant: Date } | { fault: string };

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
const dateTimePattern = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(.*)$/;
const offsetPattern = /^(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
const example = 'a date such as 2026-03-01, or a date-time such as 2026-03-01T08:00:00-03:00';

/**
 * The instant meant by a date (its first moment in `timeZone`, an IANA name) or by an RFC 3339 date-time with offset.
 * A fault is a predicate that completes "readFrom …".
 */
export function parseReadFrom(text: string, timeZone: string): Parsed {
  if (datePattern.test(text)) {
    return isRealDate(text) ? { instant: startOfDay(text, timeZone) } : { fault: noSuchDay };
  }
  const [, date = '', , , , offset = ''] = dateTimePattern.exec(text) ?? [];
  if (date === '') return { fault: `is not a date; give ${example}` };
  if (!isRealDate(date)) return { fault: noSuchDay };
  if (offset === '') {
    return { fault: 'has no offset from UTC, so it could mean many instants; add one, such as -03:00 or Z' };
  }
  if (!offsetPattern.test(offset)) return { fault: `is not a date-time; give ${example}` };
  return { instant: new Date(text) };
}

const noSuchDay = 'is a day that the calendar does not have; correct it';

/**
 * The first moment of a day (`2026-03-01`) in a time zone. Where clocks skip midnight, as São Paulo's did until 2019,
 * the day begins at the first time they show.
 */
export function startOfDay(date: string, timeZone: string): Date {
  const midnightUtc = Date.parse(`${date}T00:00:00Z`);
  // Offsets change by at most one rule within a day, so one of the two neighbouring days knows the right one.
  const candidates = [-dayMs, dayMs]
    .map(shift => midnightUtc - offsetMsAt(midnightUtc + shift, timeZone))
    .filter(instant => localDateTime(instant, timeZone).startsWith(date))
    .sort((a, b) => a - b);
  return new Date(candidates[0] ?? midnightUtc - offsetMsAt(midnightUtc, timeZone));
}

const dayMs = 86_400_000;

/** How far the zone's clocks are ahead of UTC at an instant. */
function offsetMsAt(instant: number, timeZone: string): number {
  return Date.parse(`${localDateTime(instant, timeZone)}Z`) - Math.floor(instant / 1000) * 1000;
}

/** What the zone's clocks show, as `2026-03-01T00:00:00`. */
function localDateTime(instant: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(instant);
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  const { year = '', month, day, hour, minute, second } = part;
  return `${year.padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}`;
}

function isRealDate(date: string): boolean {
  const instant = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(date);
}
