// The answers to surveys, newest first: a page of them, or all of a period one after another.
import {
  type Answered,
  type AnswerFilter,
  type AnswerPlace,
  findAnswerPlaces,
  readAnswered,
} from '../../azure/survey-answers-store.ts';
import type { Clients } from '../../clients.ts';
import { addDays, type DayPeriod } from '../../domain/survey/days.ts';
import type { SummedQuestion } from '../../domain/survey/sums.ts';
import type { Log } from '../../log.ts';
import { countSoon } from './count.ts';
import { type Scope, type ScopeWish, scopeOf } from './period.ts';
import { readQuestions } from './results.ts';

// Each answer is in a partition of its own, and the database orders within one alone. So a few days are asked for their places, these are
// put in order here, and only what is shown is read. Memory holds the places of some days, and the answers of a page.

/** Where so few are found the next days are asked for together. */
const FEW = 200;
const MOST_DAYS_AT_ONCE = 8;
const READ_AT_ONCE = 100;

export type AnswersWish = ScopeWish & Omit<AnswerFilter, 'services'>;

/**
 * One page of answers.
 * @param after where the page before ended
 * @returns where it ends; undefined when nothing follows
 * @throws MaloteError `malformed_parameter`, see `scopeOf`; `dependency_unavailable`
 */
export async function listAnswers(
  clients: Pick<Clients, 'database'>,
  wish: AnswersWish,
  { after, limit, now }: { after: AnswerPlace | undefined; limit: number; now: Date },
): Promise<{ items: Answered[]; next: AnswerPlace | undefined }> {
  const { period, services } = await scopeOf(clients, wish, now);
  const found: AnswerPlace[] = [];
  for await (const places of placesOf(clients, { ...wish, services }, period, after)) {
    found.push(...places);
    if (found.length > limit) break;
  }
  const page = found.slice(0, limit);
  const items = await readAnswered(
    clients.database.surveys,
    page.map(({ id }) => id),
  );
  return { items, next: found.length > limit ? page.at(-1) : undefined };
}

/**
 * All answers of a period, and first the questions that they answer.
 * @returns answers as they are read, some at a time
 * @throws MaloteError `malformed_parameter`, see `scopeOf`; `dependency_unavailable`, in between too
 */
export async function exportAnswers(
  clients: Pick<Clients, 'database'>,
  wish: AnswersWish,
  { now, ...context }: { now: Date; clock: () => Date; log: Log },
): Promise<{ scope: Scope; questions: SummedQuestion[]; answers: AsyncGenerator<Answered[]> }> {
  const scope = await scopeOf(clients, wish, now);
  const { services, period } = scope;
  await countSoon(clients, services, period, context, Number.POSITIVE_INFINITY);
  const questions = await readQuestions(clients, services, period);
  return { scope, questions, answers: answersOf(clients, { ...wish, services }, period) };
}

async function* answersOf(
  clients: Pick<Clients, 'database'>,
  filter: AnswerFilter,
  period: DayPeriod,
): AsyncGenerator<Answered[]> {
  for await (const places of placesOf(clients, filter, period, undefined)) {
    for (let at = 0; at < places.length; at += READ_AT_ONCE) {
      const ids = places.slice(at, at + READ_AT_ONCE).map(({ id }) => id);
      yield await readAnswered(clients.database.surveys, ids);
    }
  }
}

/** Places newest first, after one, some days at a time. */
async function* placesOf(
  { database: { surveys } }: Pick<Clients, 'database'>,
  filter: AnswerFilter,
  { from, to }: DayPeriod,
  after: AnswerPlace | undefined,
): AsyncGenerator<AnswerPlace[]> {
  if (filter.services.length === 0) return;
  let days = 1;
  for (let last = after && after.day < to ? after.day : to; last >= from; ) {
    const begin = addDays(last, 1 - days);
    const found = await findAnswerPlaces(surveys, filter, { from: begin < from ? from : begin, to: last });
    const places = found.toSorted(newestFirst);
    yield after === undefined ? places : places.filter(place => newestFirst(after, place) < 0);
    days = places.length < FEW ? Math.min(days * 2, MOST_DAYS_AT_ONCE) : 1;
    last = addDays(begin, -1);
  }
}

function newestFirst(one: AnswerPlace, other: AnswerPlace): number {
  const [a, b] = [one, other].map(({ day, at, id }) => `${day} ${at} ${id}`) as [string, string];
  if (a === b) return 0;
  return a > b ? -1 : 1;
}
