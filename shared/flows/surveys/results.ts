// The figures of surveys for supervisors: of a period, and of each day, week or month of it.
import { listSums } from '../../azure/survey-sums-store.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import { type DayPeriod, type SeriesStep, stepsOf } from '../../domain/survey/days.ts';
import {
  type Figure,
  type QuestionFigures,
  questionFigures,
  responseRate,
} from '../../domain/survey/figures.ts';
import {
  addQuestions,
  addSums,
  type DaySums,
  type SummedQuestion,
  type Sums,
} from '../../domain/survey/sums.ts';
import type { Log } from '../../log.ts';
import { mapConcurrently } from '../../mailboxes/concurrency.ts';
import { countSoon } from './count.ts';
import { type ScopeWish, scopeOf } from './period.ts';

const SERVICES_AT_ONCE = 10;

export type ResultsWish = ScopeWish & {
  groupId?: string | undefined;
  agentId?: string | undefined;
  series?: SeriesStep | undefined;
};

type Figures = {
  responseRate: Figure;
  undeliverable: number;
  suppressed: { reason: string; count: number }[];
  questions: QuestionFigures[];
};

export type Results = DayPeriod &
  Figures & {
    timeZone: string;
    /** How many invitations the figures lack; a thousand stands for any number from there. */
    pending: number;
    series: (DayPeriod & Figures)[];
  };

/** @throws MaloteError `malformed_parameter`, see `scopeOf`; `dependency_unavailable` */
export async function readResults(
  clients: Pick<Clients, 'database'>,
  wish: ResultsWish,
  { now, ...context }: { now: Date; clock: () => Date; log: Log },
): Promise<Results> {
  const { period, timeZone, services } = await scopeOf(clients, wish, now);
  const pending = await countSoon(clients, services, period, context);
  const days = await readSums(clients, services, period, wish);
  const questions = addQuestions(days.flatMap(day => day.questions));
  const steps = wish.series === undefined ? [] : stepsOf(period, wish.series);
  return {
    ...period,
    timeZone,
    pending,
    ...figuresOf(days, questions),
    series: steps.map(step => {
      const within = days.filter(({ day }) => day >= step.from && day <= step.to);
      return { ...step, ...figuresOf(within, questions) };
    }),
  };
}

/** The questions that were answered in a period, by id and kind, with their latest words. @throws MaloteError `dependency_unavailable` */
export async function readQuestions(
  clients: Pick<Clients, 'database'>,
  services: readonly ServiceId[],
  period: DayPeriod,
): Promise<SummedQuestion[]> {
  return addQuestions((await readSums(clients, services, period, {})).flatMap(day => day.questions));
}

type Day = Pick<DaySums, 'day' | 'questions'> & { sums: Sums };

/** The same filter for all that counts, so that a rate has the same people above and below. */
async function readSums(
  { database: { surveys } }: Pick<Clients, 'database'>,
  services: readonly ServiceId[],
  period: DayPeriod,
  { groupId, agentId }: Pick<ResultsWish, 'groupId' | 'agentId'>,
): Promise<Day[]> {
  const isWhole = groupId === undefined && agentId === undefined;
  const read = async (serviceId: ServiceId): Promise<Day[]> => {
    if (isWhole) {
      const days = await listSums(surveys, serviceId, period, 'total');
      return days.map(({ total, ...day }) => ({ ...day, sums: total }));
    }
    const days = await listSums(surveys, serviceId, period, 'cells');
    return days.map(({ cells, ...day }) => ({
      ...day,
      sums: addSums(
        cells.filter(
          cell =>
            (groupId === undefined || cell.groupId === groupId) &&
            (agentId === undefined || cell.agentId === agentId),
        ),
      ),
    }));
  };
  const all: Day[] = [];
  for await (const days of mapConcurrently(services, SERVICES_AT_ONCE, read)) all.push(...days);
  return all;
}

function figuresOf(days: readonly Day[], questions: readonly SummedQuestion[]): Figures {
  const sums = addSums(days.map(day => day.sums));
  return {
    responseRate: responseRate(sums),
    undeliverable: sums.undeliverable,
    suppressed: sums.suppressed.map(([reason, count]) => ({ reason, count })),
    questions: questionFigures(sums, questions),
  };
}
