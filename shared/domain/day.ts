// The day that an instant falls on, in a time zone.
import { Temporal } from 'temporal-polyfill';

/** @returns `YYYY-MM-DD` @param timeZone IANA name */
export function dayIn(timeZone: string, instant: string | Date): string {
  return Temporal.Instant.fromEpochMilliseconds(new Date(instant).getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();
}
