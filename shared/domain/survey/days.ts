// Days as figures of surveys have them: `YYYY-MM-DD` in the company's time zone, and the periods that they add up to.
import * as z from 'zod';

const DAY_MS = 86_400_000;

export const seriesSteps = ['day', 'week', 'month'] as const;
export type SeriesStep = (typeof seriesSteps)[number];

/** First and last day, both within. */
export type DayPeriod = { from: string; to: string };

/** A day of the calendar, as a caller writes it. */
export const day = z
  .string()
  .refine(isDay, 'must be a day such as 2026-03-02')
  .meta({ example: '2026-03-02' });

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text);
}

/** The day so many days later, or earlier. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** How many days a period has; less than one when it ends before it begins. */
export function lengthDays({ from, to }: DayPeriod): number {
  return (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS + 1;
}

/** A period cut into days, weeks (from Monday, ISO 8601) or months; the first and last are as short as the period makes them. */
export function stepsOf({ from, to }: DayPeriod, step: SeriesStep): DayPeriod[] {
  const steps: DayPeriod[] = [];
  for (let first = from; first <= to; ) {
    const last = lastDayOf(first, step);
    steps.push({ from: first, to: last < to ? last : to });
    first = addDays(last, 1);
  }
  return steps;
}

function lastDayOf(day: string, step: SeriesStep): string {
  if (step === 'day') return day;
  const date = new Date(`${day}T00:00:00Z`);
  if (step === 'week') return addDays(day, (7 - date.getUTCDay()) % 7);
  const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  return new Date(next - DAY_MS).toISOString().slice(0, 10);
}
