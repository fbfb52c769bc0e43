// A schedule: when somebody is there, week by week, with the days that are not like the others.
import * as z from 'zod';
import type { JsonObject } from '../merge-patch.ts';
import { refusal } from '../refusal.ts';
import { asks, flag, line, misplacedId, timeZone, toFieldErrors } from '../schema-messages.ts';

/** Of a day on the clock of the schedule's zone: `from` to before `to`, both HH:MM, `to` up to `24:00`. */
export type Interval = { readonly from: string; readonly to: string };

/** As Temporal counts them: `weekdays[dayOfWeek - 1]`. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** A date with hours of its own; without any it is closed. */
export type Holiday = {
  readonly date: string;
  readonly name: string;
  readonly intervals: readonly Interval[];
};

export type Schedule = {
  readonly id: string;
  readonly name: string;
  /** IANA name, such as `America/Sao_Paulo`. */
  readonly timeZone: string;
  /** Sorted, none overlapping another; what lies between is out of service. */
  readonly week: Readonly<Record<Weekday, readonly Interval[]>>;
  /** By date, each once. */
  readonly holidays: readonly Holiday[];
  /** Kept where it is already named, refused where it is newly named. */
  readonly obsolete: boolean;
};

const example = '{"from": "08:00", "to": "12:00"}';
const clock = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const time = (latest: string) =>
  z.string({ error: asks('give a time such as "08:00"', 'a text such as "08:00"') }).refine(
    written => clock.test(written) || written === latest,
    // What is no time cannot be after another.
    { error: `must be a time from 00:00 to ${latest}, such as "08:00"`, abort: true },
  );

const interval = z
  .strictObject(
    { from: time('23:59'), to: time('24:00') },
    { error: asks(`give ${example}`, `an object such as ${example}`) },
  )
  .refine(({ from, to }) => from < to, {
    path: ['to'],
    error: ({ input }) =>
      `is not after from (${(input as Interval).from}); split it at midnight: to "24:00", and from "00:00" on the next day`,
  });

/** The times of one day, in their order. */
const intervals = z
  .array(interval, { error: `must be a list such as [${example}]` })
  .max(24, 'has more than 24 intervals; remove some')
  .superRefine((list, context) => {
    const sorted = [...list.entries()].sort(([, a], [, b]) => (a.from < b.from ? -1 : 1));
    for (const [place, [index, { from, to }]] of sorted.entries()) {
      const before = sorted[place - 1]?.[1];
      if (!before || before.to <= from) continue;
      context.addIssue({
        code: 'custom',
        path: [index],
        message: `(${from} to ${to}) overlaps ${before.from} to ${before.to}; make one of the two, or change their times`,
      });
    }
  })
  .transform(list => list.toSorted((a, b) => (a.from < b.from ? -1 : 1)));

const dateCure = 'give a date such as "2026-12-25"';
const date = z
  .string({ error: asks(dateCure, `a text; ${dateCure}`) })
  .refine(isDate, `is not a date of the calendar; ${dateCure}`);

const holidayCure = 'give {"date", "name"} and "closed": true, or "intervals"';
const holiday = z
  .strictObject(
    {
      date,
      name: line('give the name of the day', 100).meta({ title: 'Feriado' }),
      closed: z
        .literal(true, { error: 'must be true; leave it out for a day with hours of its own' })
        .optional(),
      intervals: intervals.optional(),
    },
    { error: asks(holidayCure, `an object; ${holidayCure}`) },
  )
  .refine(({ closed, intervals }) => (closed === undefined) !== (intervals === undefined), {
    path: ['intervals'],
    error: ({ input }) =>
      (input as { closed?: true }).closed
        ? 'has no meaning on a day that is closed; leave one of the two out'
        : 'is required; give the hours of that day, or "closed": true',
  });

const holidays = z
  .array(holiday, { error: 'must be a list of days' })
  .max(500, 'has more than 500 days; remove those that are past')
  .superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [index, { date }] of list.entries()) {
      if (seen.has(date)) {
        context.addIssue({
          code: 'custom',
          path: [index, 'date'],
          message: `is a date (${date}) that stands in the list already; make one day of the two`,
        });
      }
      seen.add(date);
    }
  })
  .transform(list =>
    list
      .map(({ date, name, intervals = [] }): Holiday => ({ date, name, intervals }))
      .sort((a, b) => (a.date < b.date ? -1 : 1)),
  );

const weekSchema = z.strictObject(
  Object.fromEntries(weekdays.map(day => [day, intervals.default([])])) as Record<
    Weekday,
    z.ZodDefault<typeof intervals>
  >,
  {
    error: asks('give {"mon": [...], ...}', 'an object such as {"mon": [...]}'),
  },
);

/** Everything of a schedule that its caller writes. */
export const scheduleSchema = z.strictObject({
  name: line('give the name that people know the schedule by', 100).meta({ title: 'Nome do Horário' }),
  timeZone: timeZone('give a time zone such as America/Sao_Paulo').meta({ title: 'Fuso horário' }),
  week: weekSchema.meta({ title: 'Horário de atendimento' }),
  holidays: holidays.default([]).meta({ title: 'Feriados' }),
  obsolete: flag(false).meta({ title: 'Obsoleto' }),
});

/** The schedule as its caller wrote it, everything sorted. @throws MaloteError `invalid` with every fault */
export function readSchedule(id: string, written: JsonObject): Schedule {
  const parsed = scheduleSchema.safeParse(written);
  if (!parsed.success) throw refusal('invalid', toFieldErrors(parsed.error.issues, misplacedId));
  return { id, ...parsed.data };
}

/** Of the Gregorian calendar, years 2000 to 2099: who looks for the next turn looks that far. */
function isDate(text: string): boolean {
  if (!/^20\d\d-\d\d-\d\d$/.test(text)) return false;
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text);
}
