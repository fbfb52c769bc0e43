// What figures are made of: how many were invited on a day, and what was answered on it, by group and agent.
import type { ServiceId } from '../ids.ts';
import type { Answer, AnsweredQuestion } from './answer.ts';
import type { ForgottenInvitation, Suppression } from './invitation.ts';

/** What counts of an invitation, forgotten or not. */
export type Countable = Pick<
  ForgottenInvitation,
  'groupId' | 'agentId' | 'suppressed' | 'undeliverableAt'
> & {
  answer: (Pick<Answer, 'suspect'> & { answeredAt?: string | undefined; answers: AnsweredQuestion[] }) | null;
};

/** A question by its id and kind: what it is called by in sums. Its words are the latest that were answered. */
export type SummedQuestion = {
  questionId: string;
  kind: AnsweredQuestion['kind'];
  question: string;
  /** When somebody answered them; empty when that was forgotten. */
  askedAt: string;
};

/** How often each value was answered, suspect answers apart. Of texts it counts that there is one (`true`). */
export type SummedAnswers = {
  questionId: string;
  kind: AnsweredQuestion['kind'];
  counts: [value: AnsweredQuestion['value'], count: number][];
  suspect: number;
};

export type Sums = {
  /** Asked on the day, and not known to be undeliverable. */
  invited: number;
  /** Of these, who answered, whenever that was; suspect answers apart. */
  answered: number;
  suspect: number;
  /** Could not be reached, and did not answer all the same. */
  undeliverable: number;
  suppressed: [reason: Suppression, count: number][];
  /** Answered on the day for the first time, whenever invited. */
  answers: SummedAnswers[];
};

export type Cell = Sums & { groupId: string | null; agentId: string | null };

/** The sums of one service and day: each cell, and all of them together. */
export type DaySums = {
  serviceId: ServiceId;
  day: string;
  questions: SummedQuestion[];
  total: Sums;
  cells: Cell[];
};

/**
 * The sums of a day, in an order that depends on nothing but what is counted.
 * @param invited invitations of that day
 * @param answered those whose first answer is of that day
 */
export function sumDay(
  { serviceId, day }: Pick<DaySums, 'serviceId' | 'day'>,
  invited: readonly Countable[],
  answered: readonly Countable[],
): DaySums {
  const cellOf = ({ groupId, agentId }: Countable) => JSON.stringify([groupId, agentId]);
  const invitedBy = Map.groupBy(invited, cellOf);
  const answeredBy = Map.groupBy(answered, cellOf);
  const names = [...new Set([...invitedBy.keys(), ...answeredBy.keys()])].toSorted();
  const cells = names.map((name): Cell => {
    const [groupId, agentId] = JSON.parse(name);
    return {
      groupId,
      agentId,
      ...sumInvited(invitedBy.get(name) ?? []),
      answers: sumAnswers(answeredBy.get(name) ?? []),
    };
  });
  return { serviceId, day, questions: questionsAmong(answered), total: addSums(cells), cells };
}

/** Several sums as one. */
export function addSums(all: readonly Sums[]): Sums {
  const total = (of: 'invited' | 'answered' | 'suspect' | 'undeliverable') =>
    all.reduce((sum, each) => sum + each[of], 0);
  const answers = Map.groupBy(
    all.flatMap(each => each.answers),
    keyOf,
  );
  return {
    invited: total('invited'),
    answered: total('answered'),
    suspect: total('suspect'),
    undeliverable: total('undeliverable'),
    suppressed: addCounts(all.flatMap(each => each.suppressed)),
    answers: inOrder([...answers.values()].flatMap(addAnswers)),
  };
}

/** The questions of several days, each with its latest words. */
export function addQuestions(all: readonly SummedQuestion[]): SummedQuestion[] {
  const byKey = Map.groupBy(all, keyOf);
  return inOrder([...byKey.values()].flatMap(same => same.toSorted(byAge).at(-1) ?? []));
}

function sumInvited(invitations: readonly Countable[]): Omit<Sums, 'answers'> {
  const asked = invitations.filter(({ suppressed }) => suppressed === null);
  const [reached, undeliverable] = [true, false].map(isReached =>
    asked.filter(each => (each.undeliverableAt === undefined || each.answer !== null) === isReached),
  );
  const answered = reached?.filter(({ answer }) => answer !== null) ?? [];
  const suspect = answered.filter(({ answer }) => answer?.suspect).length;
  return {
    invited: reached?.length ?? 0,
    answered: answered.length - suspect,
    suspect,
    undeliverable: undeliverable?.length ?? 0,
    suppressed: addCounts(
      invitations.flatMap(({ suppressed }) => (suppressed === null ? [] : [[suppressed, 1]])),
    ),
  };
}

function sumAnswers(invitations: readonly Countable[]): SummedAnswers[] {
  const single = invitations.flatMap(({ answer }) =>
    (answer?.answers ?? []).map(({ questionId, kind, value }): SummedAnswers => {
      const counted = kind === 'text' ? true : value;
      const isSuspect = answer?.suspect === true;
      return { questionId, kind, counts: isSuspect ? [] : [[counted, 1]], suspect: isSuspect ? 1 : 0 };
    }),
  );
  return inOrder([...Map.groupBy(single, keyOf).values()].flatMap(addAnswers));
}

function addAnswers(same: readonly SummedAnswers[]): SummedAnswers[] {
  const [first] = same;
  if (first === undefined) return [];
  const { questionId, kind } = first;
  const suspect = same.reduce((sum, each) => sum + each.suspect, 0);
  return [{ questionId, kind, counts: addCounts(same.flatMap(({ counts }) => counts)), suspect }];
}

function questionsAmong(answered: readonly Countable[]): SummedQuestion[] {
  return addQuestions(
    answered.flatMap(({ answer }) =>
      (answer?.answers ?? []).map(({ questionId, kind, question }) => ({
        questionId,
        kind,
        question,
        askedAt: answer?.answeredAt ?? '',
      })),
    ),
  );
}

/** A map and no object: a choice may be called `__proto__`. */
function addCounts<Value extends AnsweredQuestion['value']>(
  pairs: readonly [Value, number][],
): [Value, number][] {
  const counts = new Map<Value, number>();
  for (const [value, count] of pairs) counts.set(value, (counts.get(value) ?? 0) + count);
  return [...counts].toSorted(([one], [other]) => (one < other ? -1 : Number(one > other)));
}

function keyOf({ questionId, kind }: Pick<SummedQuestion, 'questionId' | 'kind'>): string {
  return JSON.stringify([questionId, kind]);
}

function inOrder<T extends Pick<SummedQuestion, 'questionId' | 'kind'>>(questions: T[]): T[] {
  return questions.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

function byAge(one: SummedQuestion, other: SummedQuestion): number {
  const [a, b] = [one, other].map(({ askedAt, question }) => JSON.stringify([askedAt, question]));
  return (a ?? '') < (b ?? '') ? -1 : 1;
}
