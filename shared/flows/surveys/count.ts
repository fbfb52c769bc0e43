// How the sums of surveys are kept: the days of whatever changed are counted anew, never added to.
import {
  clearMark,
  findSumsEtag,
  listUncounted,
  type Mark,
  readDay,
  writeSums,
} from '../../azure/survey-sums-store.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { DayPeriod } from '../../domain/survey/days.ts';
import { type DaySums, sumDay } from '../../domain/survey/sums.ts';
import { toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { mapConcurrently } from '../../mailboxes/concurrency.ts';

// Every write that changes a figure marks its invitation (`uncountedSince`). A day's sums are written under the ETag that was read
// before the day was: of two who count it at once, the one that read earlier cannot write later. Marks go when their days
// are written, under the invitation's ETag: what was changed meanwhile is counted again. A crash anywhere leaves a mark too many.

/** Far below what a function may take. */
const WORK_FOR_MS = 60_000;
const DAYS_AT_ONCE = 4;
const MARKS_AT_ONCE = 10;
const ATTEMPTS = 5;
/**
 * A mark stays at least so long after the last change of its invitation. Another instance may read from a replica that lags behind (the
 * database promises each its own writes alone), and would count without that change what nobody would then count again.
 */
const SETTLED_AFTER_SECONDS = 60;
/** Who asks for results waits for as many days. */
const MOST_DAYS_SOON = 6;
const MOST_MARKS_SOON = 1_000;

type Context = { clock: () => Date; log: Log };
type Day = Pick<DaySums, 'serviceId' | 'day'>;

/**
 * Counts what is left to be counted, for a minute at most. To be called regularly.
 * @returns how many invitations are counted that were not
 * @throws MaloteError `dependency_unavailable`
 */
export async function countLeft(clients: Pick<Clients, 'database'>, context: Context): Promise<number> {
  const { clock, log } = context;
  const { surveys } = clients.database;
  const until = clock().getTime() + WORK_FOR_MS;
  let counted = 0;
  for await (const marks of listUncounted(surveys)) {
    const days = await countDays(clients, daysOf(marks), context, until);
    counted += await clearCounted(clients, marks, days, clock());
    if (clock().getTime() >= until) break;
  }
  if (counted > 0) log.info('surveys-counted', { invitations: counted });
  return counted;
}

/**
 * Counts what a period lacks, if that is soon done: the newest days alone, else.
 * @param mostDays for who waits longer
 * @returns how many invitations its sums still lack; a thousand stands for any number from there
 */
export async function countSoon(
  clients: Pick<Clients, 'database'>,
  services: readonly ServiceId[],
  period: DayPeriod,
  context: Context,
  mostDays = MOST_DAYS_SOON,
): Promise<number> {
  if (services.length === 0) return 0;
  const marks: Mark[] = [];
  for await (const page of listUncounted(clients.database.surveys, { services, period })) {
    marks.push(...page);
    if (marks.length >= MOST_MARKS_SOON && mostDays === MOST_DAYS_SOON) break;
  }
  const within = ({ day }: Day) => day >= period.from && day <= period.to;
  const lacking = daysOf(marks).filter(within);
  const newest = lacking.toSorted((one, other) => (one.day < other.day ? 1 : -1)).slice(0, mostDays);
  const days = await countDays(clients, newest, context, Number.POSITIVE_INFINITY);
  await clearCounted(clients, marks, days, context.clock());
  const isLacking = (mark: Mark) => daysOf([mark]).some(day => within(day) && !days.has(nameOf(day)));
  return Math.min(marks.filter(isLacking).length, MOST_MARKS_SOON);
}

/** Counts days; gives the names of those that are, until it is time to end. */
async function countDays(
  clients: Pick<Clients, 'database'>,
  days: readonly Day[],
  context: Context,
  until: number,
): Promise<Set<string>> {
  const counted = new Set<string>();
  const count = async (day: Day) => {
    if (context.clock().getTime() >= until) return;
    if (await countDay(clients, day, context.log)) counted.add(nameOf(day));
  };
  for await (const _ of mapConcurrently(days, DAYS_AT_ONCE, count));
  return counted;
}

/** Whether the sums of a day hold all that was there before it was called. */
async function countDay(
  { database: { surveys } }: Pick<Clients, 'database'>,
  day: Day,
  log: Log,
): Promise<boolean> {
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const etag = await findSumsEtag(surveys, day);
      const { invited, answered } = await readDay(surveys, day);
      if (await writeSums(surveys, sumDay(day, invited, answered), etag)) return true;
    }
    return false;
  } catch (error) {
    const { code } = toMaloteError(error);
    if (code !== 'too_large' && code !== 'refused_by_store') throw error;
    // It keeps no other day waiting.
    log.error('sums-refused', { ...day, code });
    return false;
  }
}

async function clearCounted(
  { database: { surveys } }: Pick<Clients, 'database'>,
  marks: readonly Mark[],
  days: ReadonlySet<string>,
  now: Date,
): Promise<number> {
  const settledBefore = now.getTime() / 1000 - SETTLED_AFTER_SECONDS;
  const done = marks.filter(
    mark => mark.writtenAtSeconds < settledBefore && daysOf([mark]).every(day => days.has(nameOf(day))),
  );
  let cleared = 0;
  for await (const isCleared of mapConcurrently(done, MARKS_AT_ONCE, mark => clearMark(surveys, mark)))
    if (isCleared) cleared += 1;
  return cleared;
}

/** The rate is of the day of the invitation, scores are of that of the first answer: what changes an answer changes both. */
function daysOf(marks: readonly Mark[]): Day[] {
  const days = marks.flatMap(({ serviceId, invitedDay, answeredDay = invitedDay }) => [
    { serviceId, day: invitedDay },
    { serviceId, day: answeredDay },
  ]);
  return [...new Map(days.map(day => [nameOf(day), day])).values()];
}

function nameOf({ serviceId, day }: Day): string {
  return `${serviceId} ${day}`;
}
