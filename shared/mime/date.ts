// The Date header to an instant (RFC 5322 3.3 and 4.3), without the guesses of `Date.parse`, which differ by machine.

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** RFC 5322 4.3. Military letters and unknown names mean UTC, because they were so often used wrongly. */
const zoneHours: Record<string, number> = {
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
};

/** A date alone, or with a time; only after a time may something follow that is not understood. */
const rfc5322 =
  /^(?:[a-z]{2,9}\.?,?\s*)?(\d{1,2})[\s-]+([a-z]{3})[a-z]{0,6}[\s-]+(\d{2,4})(?:$|,?\s+(\d{1,2})\s?[:.]\s?(\d{2})(?:\s?[:.]\s?(\d{2})(?:\.\d{1,9})?)?(?:\s*(?:GMT|UTC)?\s*([+-]\d{1,2}:?\d{2})|\s+([a-z]{1,5}))?(?:\s|$))/i;
const iso8601 =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
/** C's asctime: `Mon Jan  2 15:04:05 2006`, of old Unix mailers. */
const asctime =
  /^[a-z]{3},?\s+([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s+(?:([+-]\d{4})|([a-z]{1,5})))?\s+(\d{4})(?:\s+([+-]\d{4}))?$/i;

/**
 * Reads a Date header.
 *
 * @param field the value; comments are allowed, weekday, seconds and zone may be missing (a missing zone means UTC)
 * @returns RFC 3339 in UTC with seconds, null when no date can be read
 */
export function parseDate(field: string | undefined): string | null {
  const text = (field ?? '')
    .slice(0, 200)
    .replace(/\([^()]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const mail = rfc5322.exec(text);
  if (mail) {
    const [, day, month, year, hour = '0', minute = '0', second = '0', offset, zone] = mail;
    return instant(
      fullYear(Number(year), year?.length ?? 4),
      monthOf(month),
      Number(day),
      [hour, minute, second],
      offset,
      zone,
    );
  }
  const iso = iso8601.exec(text);
  if (iso) {
    const [, year, month, day, hour = '0', minute = '0', second = '0', offset] = iso;
    return instant(Number(year), Number(month), Number(day), [hour, minute, second], offset, undefined);
  }
  const unix = asctime.exec(text);
  if (unix) {
    const [, month, day, hour = '0', minute = '0', second = '0', before, zone, year, after] = unix;
    return instant(Number(year), monthOf(month), Number(day), [hour, minute, second], after ?? before, zone);
  }
  return null;
}

/** RFC 5322 4.3: two digits below 50 are this century; three digits are years since 1900. */
function fullYear(year: number, digits: number): number {
  if (digits === 2) return year < 50 ? 2000 + year : 1900 + year;
  return digits === 3 ? 1900 + year : year;
}

function monthOf(name: string | undefined): number {
  return months.indexOf((name ?? '').toLowerCase()) + 1;
}

function instant(
  year: number,
  month: number,
  day: number,
  time: [string, string, string],
  offset: string | undefined,
  zone: string | undefined,
): string | null {
  const [hour, minute, second] = time.map(Number) as [number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60) return null;
  const milliseconds =
    Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59)) - offsetMs(offset, zone);
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return null;
  const date = new Date(milliseconds);
  const sensible = date.getUTCFullYear() >= 1900 && date.getUTCFullYear() <= 9999;
  return sensible ? date.toISOString().replace('.000Z', 'Z') : null;
}

function offsetMs(offset: string | undefined, zone: string | undefined): number {
  const minute = 60_000;
  const parts = /^([+-])(\d{1,2}):?(\d{2})$/.exec(offset ?? '');
  if (parts) {
    const minutes = Number(parts[2]) * 60 + Number(parts[3]);
    return (parts[1] === '-' ? -minutes : minutes) * minute;
  }
  return (zoneHours[(zone ?? '').toLowerCase()] ?? 0) * 60 * minute;
}
