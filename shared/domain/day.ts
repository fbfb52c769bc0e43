// The day that an instant falls on, in a time zone.

/** @returns `YYYY-MM-DD` @param timeZone IANA name */
export function dayIn(timeZone: string, instant: string | Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(new Date(instant));
}
