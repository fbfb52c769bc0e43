// The figures of surveys, each with how it is made, from how many answers, and how sure it is.
import type { AnsweredQuestion } from './answer.ts';
import { type ScaleKind, scales } from './question.ts';
import { type Estimate, mean, netScore, share } from './statistics.ts';
import type { SummedAnswers, SummedQuestion, Sums } from './sums.ts';

type Value = AnsweredQuestion['value'];

export type Figure = Estimate & {
  name: 'responseRate' | 'csat' | 'nps' | 'cesMean' | 'cesEasy' | 'share' | 'texts';
  /** Of a share: of which value. */
  of?: Value;
  definition: string;
  /** How many answers, or invitations, it is made of. */
  n: number;
  /** Below 30: read the interval rather than the value. */
  fewAnswers: boolean;
  distribution: { value: Value; count: number }[];
  /** Answers left out because they are most likely no person's. */
  suspect: number;
};

export type QuestionFigures = Pick<SummedQuestion, 'questionId' | 'kind' | 'question'> & {
  figures: Figure[];
};

const FEW = 30;

/** How each figure is made. Intervals are of 95 %. */
export const definitions: Record<Figure['name'], string> = {
  responseRate: '100 * answered / invited; interval: Wilson',
  csat: '100 * answers of 4 and 5 / n; interval: Wilson',
  nps: '100 * (answers of 9 and 10 - answers of 0 to 6) / n; interval: difference of two shares of a sample',
  cesMean: 'mean of the answers of 1 to 7; interval: normal',
  cesEasy: '100 * answers of 5 to 7 / n; interval: Wilson',
  share: '100 * answers of this value / n; interval: Wilson',
  texts: 'how many wrote something',
};

/** Answered of the invited; who was not asked or could not be reached is no part of it. */
export function responseRate({ invited, answered, suspect }: Sums): Figure {
  const distribution = [
    { value: 'answered', count: answered },
    { value: 'unanswered', count: invited - answered },
  ];
  return figure('responseRate', share(answered, invited), { n: invited, distribution, suspect });
}

/**
 * The figures of each question that was answered.
 * @param questions the words of each, as of the latest answer
 */
export function questionFigures(sums: Sums, questions: readonly SummedQuestion[]): QuestionFigures[] {
  return sums.answers.map(answers => {
    const { questionId, kind } = answers;
    const asked = questions.find(each => each.questionId === questionId && each.kind === kind);
    return { questionId, kind, question: asked?.question ?? '', figures: figuresOf(answers) };
  });
}

function figuresOf({ kind, counts, suspect }: SummedAnswers): Figure[] {
  const n = counts.reduce((sum, [, count]) => sum + count, 0);
  const made = (name: Figure['name'], estimate: Estimate, values: readonly Value[]) => {
    const distribution = values.map(value => ({ value, count: countOf(counts, value) }));
    return figure(name, estimate, { n, distribution, suspect });
  };
  const within = (least: number, most: number) =>
    counts.reduce(
      (sum, [value, count]) => (Number(value) >= least && Number(value) <= most ? sum + count : sum),
      0,
    );
  switch (kind) {
    case 'csat':
      return [made('csat', share(within(4, 5), n), valuesOf(kind))];
    case 'nps':
      return [made('nps', netScore(within(9, 10), within(0, 6), n), valuesOf(kind))];
    case 'ces': {
      const numbers = counts.map(([value, count]) => [Number(value), count] as const);
      return [
        made('cesMean', mean(numbers, scales.ces), valuesOf(kind)),
        made('cesEasy', share(within(5, 7), n), valuesOf(kind)),
      ];
    }
    case 'yesNo':
      return [{ ...made('share', share(countOf(counts, true), n), [true, false]), of: true }];
    case 'choice': {
      return counts.map(([value, count]) => ({ ...made('share', share(count, n), [value]), of: value }));
    }
    case 'text':
      return [made('texts', { value: n, low: null, high: null }, [])];
  }
}

function figure(
  name: Figure['name'],
  estimate: Estimate,
  made: Pick<Figure, 'n' | 'distribution' | 'suspect'>,
): Figure {
  const few = name !== 'texts' && made.n < FEW;
  return { name, definition: definitions[name], ...estimate, fewAnswers: few, ...made };
}

function countOf(counts: SummedAnswers['counts'], value: Value): number {
  return counts.find(([each]) => each === value)?.[1] ?? 0;
}

function valuesOf(kind: ScaleKind): number[] {
  const [least, most] = scales[kind];
  return Array.from({ length: most - least + 1 }, (_, index) => least + index);
}
