// Figures against a count that knows nothing of sums: every answer is looked at once more for each of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import type { AnsweredQuestion } from '../../../shared/domain/survey/answer.ts';
import { type Figure, questionFigures, responseRate } from '../../../shared/domain/survey/figures.ts';
import { suppressions } from '../../../shared/domain/survey/invitation.ts';
import { addQuestions, addSums, type Countable, sumDay } from '../../../shared/domain/survey/sums.ts';
import { type Random, randomFrom } from '../../support/random.ts';

const serviceId = 'sac' as ServiceId;
const days = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'];

type Made = Countable & { invitedDay: string; answeredDay: string | null };

function answersOf(pick: Random['pick']): AnsweredQuestion[] {
  const numbers = (least: number, most: number) =>
    pick(Array.from({ length: most - least + 1 }, (_, index) => least + index));
  const all: AnsweredQuestion[] = [
    { questionId: 'q1', kind: 'csat', question: pick(['Gostou?', 'Gostou de nós?']), value: numbers(1, 5) },
    { questionId: 'q2', kind: 'nps', question: 'Recomenda?', value: numbers(0, 10) },
    { questionId: 'q3', kind: 'ces', question: 'Foi fácil?', value: numbers(1, 7) },
    { questionId: 'q4', kind: 'yesNo', question: 'Resolveu?', value: pick([true, false]) },
    { questionId: 'q5', kind: 'choice', question: 'Por onde?', value: pick(['__proto__', 'E-mail', 'Chat']) },
    { questionId: 'q6', kind: 'text', question: 'Por quê?', value: pick(['a', 'b']) },
    // An id that was another kind of question before.
    { questionId: 'q1', kind: 'yesNo', question: 'Gostou?', value: pick([true, false]) },
  ];
  return all.filter(() => pick([true, true, false]));
}

function made(seed: number, count: number): Made[] {
  const { next, pick } = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const suppressed = pick([null, null, null, null, pick(suppressions)]);
    const first = Math.floor(next() * days.length);
    const isAnswered = suppressed === null && pick([true, false]);
    const answeredDay = isAnswered ? pick(days.slice(first)) : null;
    return {
      groupId: pick([null, 'n1', 'n2']),
      agentId: pick([null, 'ana', 'rui']),
      suppressed,
      ...(pick([true, false, false]) && suppressed === null
        ? { undeliverableAt: '2026-03-04T00:00:00.000Z' }
        : {}),
      invitedDay: days[first] as string,
      answeredDay,
      answer: isAnswered
        ? {
            answeredAt: `${answeredDay}T1${pick([0, 1, 2])}:00:00.000Z`,
            suspect: pick([true, false, false]),
            answers: answersOf(pick),
          }
        : null,
    };
  });
}

const sumsOf = (all: Made[], day: string) =>
  sumDay(
    { serviceId, day },
    all.filter(each => each.invitedDay === day),
    all.filter(each => each.answeredDay === day),
  );

/** What a figure says, without how it says so. */
const said = ({ name, of, n, value, distribution, suspect }: Figure) => ({
  name,
  ...(of === undefined ? {} : { of }),
  n,
  value,
  counts: distribution.filter(({ count }) => count > 0).map(({ value, count }) => [value, count]),
  suspect,
});
const rounded = (value: number) => (Number.isNaN(value) ? null : Math.round(value * 100) / 100);

for (const filter of [{}, { groupId: 'n1' }, { agentId: 'ana' }, { groupId: 'n2', agentId: null }])
  test(`figures of ${JSON.stringify(filter)} are those of a plain count`, () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const all = made(seed, 400);
      const wanted = ({ groupId, agentId }: Pick<Countable, 'groupId' | 'agentId'>) =>
        (!('groupId' in filter) || groupId === filter.groupId) &&
        (!('agentId' in filter) || agentId === filter.agentId);
      const period = days.slice(1, 3);
      const sums = period.map(day => sumsOf(all, day));
      const filtered = addSums(sums.flatMap(({ cells }) => cells.filter(wanted)));
      const mine = all.filter(wanted);

      const invited = mine.filter(
        each =>
          period.includes(each.invitedDay) && !each.suppressed && (each.answer || !each.undeliverableAt),
      );
      const answered = invited.filter(each => each.answer && !each.answer.suspect).length;
      const rate = responseRate(filtered);
      assert.deepEqual([rate.n, rate.value], [invited.length, rounded((100 * answered) / invited.length)]);
      assert.equal(rate.suspect, invited.filter(each => each.answer?.suspect).length);
      for (const [reason, count] of filtered.suppressed)
        assert.equal(
          count,
          mine.filter(each => period.includes(each.invitedDay) && each.suppressed === reason).length,
        );
      assert.equal(
        filtered.undeliverable,
        mine.filter(each => period.includes(each.invitedDay) && each.undeliverableAt && !each.answer).length,
      );

      const words = addQuestions(sums.flatMap(({ questions }) => questions));
      const figures = questionFigures(filtered, words);
      const answers = mine
        .filter(each => each.answeredDay && period.includes(each.answeredDay))
        .flatMap(({ answer }) => (answer?.answers ?? []).map(one => ({ ...one, suspect: answer?.suspect })));
      for (const { questionId, kind, figures: found } of figures) {
        const of = answers.filter(each => each.questionId === questionId && each.kind === kind);
        const suspect = of.filter(each => each.suspect).length;
        const values = of.filter(each => !each.suspect).map(({ value }) => value);
        const n = values.length;
        const count = (is: (value: AnsweredQuestion['value']) => boolean) => values.filter(is).length;
        const part = (is: (value: AnsweredQuestion['value']) => boolean) => rounded((100 * count(is)) / n);
        const kinds = [...new Set(values)].toSorted((a, b) => (a < b ? -1 : 1));
        const counts = kinds.map(value => [value, count(each => each === value)]);
        const is = { n, suspect };
        const expected = {
          csat: [{ name: 'csat', ...is, value: part(v => v === 4 || v === 5), counts }],
          nps: [
            {
              name: 'nps',
              ...is,
              value: rounded((100 * (count(v => Number(v) >= 9) - count(v => Number(v) <= 6))) / n),
              counts,
            },
          ],
          ces: [
            {
              name: 'cesMean',
              ...is,
              value: rounded(values.reduce<number>((sum, v) => sum + Number(v), 0) / n),
              counts,
            },
            { name: 'cesEasy', ...is, value: part(v => Number(v) >= 5), counts },
          ],
          yesNo: [
            { name: 'share', of: true, ...is, value: part(v => v === true), counts: counts.toReversed() },
          ],
          choice: counts.map(([value, hits]) => ({
            name: 'share',
            of: value,
            ...is,
            value: rounded((100 * Number(hits)) / n),
            counts: [[value, hits]],
          })),
          text: [{ name: 'texts', ...is, value: n, counts: [] }],
        }[kind];
        assert.deepEqual(found.map(said), expected, `${seed} ${questionId} ${kind}`);
      }
      const asked = new Set(answers.map(({ questionId, kind }) => `${questionId} ${kind}`));
      assert.equal(figures.length, asked.size);
    }
  });

test('sums are the same in whatever order things came', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { next } = randomFrom(seed);
    const all = made(seed, 200);
    const shuffled = all
      .map(each => ({ each, at: next() }))
      .toSorted((one, other) => one.at - other.at)
      .map(({ each }) => each);
    for (const day of days) assert.deepEqual(sumsOf(shuffled, day), sumsOf(all, day));
  }
});

test('a question has the words that were answered last; few answers are said to be few', () => {
  const answer = (at: string, question: string): Countable => ({
    groupId: null,
    agentId: null,
    suppressed: null,
    answer: {
      answeredAt: at,
      suspect: false,
      answers: [{ questionId: 'q', kind: 'csat', question, value: 5 }],
    },
  });
  const early = sumDay({ serviceId, day: '2026-03-01' }, [], [answer('2026-03-01T10:00:00.000Z', 'Antes?')]);
  const late = sumDay(
    { serviceId, day: '2026-03-02' },
    [],
    [
      ...Array.from({ length: 28 }, () => answer('2026-03-02T10:00:00.000Z', 'Depois?')),
      answer('2026-03-02T09:00:00.000Z', 'Zero?'),
    ],
  );
  const words = addQuestions([...late.questions, ...early.questions]);
  assert.deepEqual(
    words.map(({ question }) => question),
    ['Depois?'],
  );
  const few = questionFigures(late.total, words)[0]?.figures[0];
  const enough = questionFigures(addSums([early.total, late.total]), words)[0]?.figures[0];
  assert.deepEqual([few?.n, few?.fewAnswers, enough?.n, enough?.fewAnswers], [29, true, 30, false]);
});
