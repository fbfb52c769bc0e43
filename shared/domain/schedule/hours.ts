// Whether a schedule is open at an instant, until when, and why: clocks on walls become instants, on days of 23 and 25 hours too.
import { Temporal } from 'temporal-polyfill';
import { type Interval, type Schedule, type Weekday, weekdays } from './schedule.ts';

/** Why it is open or not: the hours of which day hold, and which of them at the instant; null between them. */
export type Reason = { day: Weekday; holiday: string | null; interval: Interval | null };

/** What holds at an instant. `changesAt` is RFC 3339 in UTC; null when it never changes. */
export type Hours = { open: boolean; changesAt: string | null; reason: Reason };

/** From `at` on, RFC 3339 in UTC, it is open, or is not. */
export type Turn = { at: string; open: boolean };

/** From which instant to before which. */
type Span = { from: number; to: number };

const forEver = Number.POSITIVE_INFINITY;
/** A week and a day beyond what is known to be unlike the others: all that follows repeats it. */
const A_WEEK = { days: 9 };

/** Between two turns: from `since`, an instant of it, to before `turn`. */
type State = { open: boolean; since: number; turn: number };

/** Every mail asks: what holds until the next turn is found once. */
const found = new WeakMap<Schedule, State>();

/** What holds at an instant. */
export function hoursAt(schedule: Schedule, at: Date): Hours {
  const instant = at.getTime();
  const known = found.get(schedule);
  const holds = known && known.since <= instant && instant < known.turn;
  const state = holds ? known : findState(schedule, instant);
  found.set(schedule, state);
  const changesAt = state.turn === forEver ? null : new Date(state.turn).toISOString();
  return { open: state.open, changesAt, reason: reasonAt(schedule, instant) };
}

function findState(schedule: Schedule, since: number): State {
  const next = spansFrom(schedule, since).find(({ to }) => to > since);
  if (next && next.from <= since) return { open: true, since, turn: next.to };
  return { open: false, since, turn: next?.from ?? forEver };
}

/** The turns after an instant, up to another within a week. */
export function turnsBetween(schedule: Schedule, after: Date, until: Date): Turn[] {
  return [...spansFrom(schedule, after.getTime())]
    .flatMap(({ from, to }) => [
      { instant: from, open: true },
      { instant: to, open: false },
    ])
    .filter(({ instant }) => instant > after.getTime() && instant <= until.getTime())
    .map(({ instant, open }) => ({ at: new Date(instant).toISOString(), open }));
}

/**
 * When it is open, from the day before an instant on: what touches is one, in order, until all that follows repeats the last
 * week. What is open at the end of that lasts for ever.
 */
function* spansFrom(schedule: Schedule, instant: number): Generator<Span, undefined> {
  const first = dateAt(schedule, instant).subtract({ days: 1 });
  const last = laterOf(first.add(A_WEEK), schedule.holidays.at(-1)?.date ?? first).add(A_WEEK);
  let span: Span | undefined;
  for (let date = first; Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) {
    for (const { from, to } of spansOf(schedule, date)) {
      const touches = span !== undefined && from <= span.to;
      if (span && !touches) yield span;
      span = span && touches ? { from: span.from, to: Math.max(span.to, to) } : { from, to };
    }
  }
  if (span) yield isOpenFor(A_WEEK, span) ? { ...span, to: forEver } : span;
}

function isOpenFor({ days }: { days: number }, { from, to }: Span): boolean {
  return to - from >= (days - 1) * 86_400_000;
}

function laterOf(a: Temporal.PlainDate, b: Temporal.PlainDate | string): Temporal.PlainDate {
  return Temporal.PlainDate.compare(a, b) < 0 ? Temporal.PlainDate.from(b) : a;
}

function spansOf(schedule: Schedule, date: Temporal.PlainDate): Span[] {
  return dayOf(schedule, date)
    .intervals.map(interval => spanOf(schedule, date, interval))
    .filter(({ from, to }) => from < to);
}

function spanOf({ timeZone }: Schedule, date: Temporal.PlainDate, { from, to }: Interval): Span {
  return { from: instantOf(timeZone, date, from, 'earlier'), to: instantOf(timeZone, date, to, 'later') };
}

/** The hours of a date: those of its holiday, else of its weekday. */
function dayOf({ week, holidays }: Schedule, date: Temporal.PlainDate) {
  const text = date.toString();
  const holiday = holidays.find(each => each.date === text);
  const day = weekdays[date.dayOfWeek - 1] as Weekday;
  return { day, holiday: holiday?.name ?? null, intervals: holiday?.intervals ?? week[day] };
}

/**
 * When a clock shows a time. A time that comes twice, when clocks are set back, is `which` of the two; one that is left out,
 * when they are set forward, is the next instant that there is.
 */
function instantOf(
  timeZone: string,
  date: Temporal.PlainDate,
  time: string,
  which: 'earlier' | 'later',
): number {
  const clock =
    time === '24:00' ? date.add({ days: 1 }).toPlainDateTime() : date.toPlainDateTime(`${time}:00`);
  const shown = clock.toZonedDateTime(timeZone, { disambiguation: which });
  if (shown.toPlainDateTime().equals(clock)) return shown.epochMilliseconds;
  const before = clock.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  return before.getTimeZoneTransition('next')?.epochMilliseconds ?? shown.epochMilliseconds;
}

function reasonAt(schedule: Schedule, instant: number): Reason {
  const today = dateAt(schedule, instant);
  const { intervals, ...day } = dayOf(schedule, today);
  const interval = intervals.find(each => {
    const { from, to } = spanOf(schedule, today, each);
    return from <= instant && instant < to;
  });
  return { ...day, interval: interval ?? null };
}

function dateAt({ timeZone }: Schedule, instant: number): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone).toPlainDate();
}
