// NCRONTAB: when a timer is due. Six fields - second, minute, hour, day, month, day of week - in UTC.
// https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
//
// Unlike cron, day and day of week must BOTH match. With five fields the second is 0. The TimeSpan form of
// the documentation works only on App Service plans, so it is refused here.

type Field = { name: string; from: number; to: number; names?: string[] };

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const second: Field = { name: 'second', from: 0, to: 59 };
const minute: Field = { name: 'minute', from: 0, to: 59 };
const hour: Field = { name: 'hour', from: 0, to: 23 };
const day: Field = { name: 'day', from: 1, to: 31 };
const month: Field = { name: 'month', from: 1, to: 12, names: months };
const weekday: Field = { name: 'day of week', from: 0, to: 6, names: weekdays };

/** The values that each field allows. */
export type Schedule = {
  seconds: Set<number>;
  minutes: Set<number>;
  hours: Set<number>;
  days: Set<number>;
  months: Set<number>;
  weekdays: Set<number>;
};

/** Reads an expression; throws with a message that names the faulty field. */
export function parseSchedule(expression: string): Schedule {
  const texts = expression.trim().split(/\s+/);
  if (texts.length === 5) texts.unshift('0');
  const [seconds, minutes, hours, days, monthsText, weekdaysText, ...rest] = texts;
  if (weekdaysText === undefined || rest.length > 0) {
    throw new Error(
      `Schedule '${expression}' must have six fields: second minute hour day month day-of-week`,
    );
  }
  const read = (field: Field, text = '') => parseField(field, text, expression);
  return {
    seconds: read(second, seconds),
    minutes: read(minute, minutes),
    hours: read(hour, hours),
    days: read(day, days),
    months: read(month, monthsText),
    weekdays: read(weekday, weekdaysText),
  };
}

/** The first due time strictly after `after` (both in milliseconds since 1970). */
export function nextOccurrence(schedule: Schedule, after: number): number {
  const at = new Date(Math.floor(after / 1000) * 1000 + 1000);
  // A leap day can be eight years away (1896 to 1904): whatever is not due by then never is.
  const lastYear = at.getUTCFullYear() + 8;
  while (at.getUTCFullYear() <= lastYear) {
    if (!schedule.months.has(at.getUTCMonth() + 1)) startOfNextMonth(at);
    else if (!schedule.days.has(at.getUTCDate()) || !schedule.weekdays.has(at.getUTCDay())) {
      startOfNextDay(at);
    } else if (!schedule.hours.has(at.getUTCHours())) at.setUTCHours(at.getUTCHours() + 1, 0, 0);
    else if (!schedule.minutes.has(at.getUTCMinutes())) at.setUTCMinutes(at.getUTCMinutes() + 1, 0);
    else if (!schedule.seconds.has(at.getUTCSeconds())) at.setUTCSeconds(at.getUTCSeconds() + 1);
    else return at.getTime();
  }
  throw new Error('The schedule names a day that never comes');
}

function startOfNextMonth(at: Date): void {
  at.setUTCMonth(at.getUTCMonth() + 1, 1);
  at.setUTCHours(0, 0, 0);
}

function startOfNextDay(at: Date): void {
  at.setUTCDate(at.getUTCDate() + 1);
  at.setUTCHours(0, 0, 0);
}

/** A field is a list of `*`, `a`, `a-b`, each perhaps with a step `/n`; `a/n` runs from a to the end. */
const itemPattern = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/([1-9]\d*))?$/i;

function parseField(field: Field, text: string, expression: string): Set<number> {
  const refuse = (what: string) =>
    new Error(`Schedule '${expression}': '${what}' is not a ${field.name} (${field.from}-${field.to})`);

  const parseValue = (value: string): number => {
    const named = field.names?.indexOf(value.toLowerCase().slice(0, 3)) ?? -1;
    const number = named >= 0 ? named + field.from : Number(value);
    if (Number.isInteger(number) && number >= field.from && number <= field.to) return number;
    throw refuse(value);
  };

  const allowed = new Set<number>();
  for (const item of text.split(',')) {
    const [, first, last, step] = itemPattern.exec(item) ?? [];
    if (first === undefined) throw refuse(item);
    const from = first === '*' ? field.from : parseValue(first);
    let to = from;
    if (last !== undefined) to = parseValue(last);
    else if (first === '*' || step !== undefined) to = field.to;
    if (from > to) throw refuse(item);
    for (let value = from; value <= to; value += Number(step ?? 1)) allowed.add(value);
  }
  return allowed;
}
