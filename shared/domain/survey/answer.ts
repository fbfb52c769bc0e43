// What a customer answered: the values, and the questions as they were read.
import type { Language } from '../settings.ts';
import type { AskedQuestion } from './question.ts';

/** The answer to one question; a choice is told by its words. */
export type AnsweredQuestion = {
  questionId: string;
  kind: AskedQuestion['type'];
  /** As the customer read it. */
  question: string;
  value: number | boolean | string;
};

export type Answer = {
  /** Of the first answer; RFC 3339 in UTC, and as a day in the company's time zone. */
  answeredAt: string;
  answeredDay: string;
  /** Null until it was changed. */
  changedAt: string | null;
  /** How often it was changed. */
  changes: number;
  /** In which the questions were read. */
  language: Language;
  /** Those that were answered, in the order of the questions. */
  answers: AnsweredQuestion[];
  comment: string | null;
  /** Most likely no person's: kept and published as such, and left out of figures. */
  suspect: boolean;
  /** Somebody in the company should call: the score is below the one that the service set. */
  alert: boolean;
};

/** Whether two answers say the same. */
export function isSameAnswer(
  one: Pick<Answer, 'answers' | 'comment'>,
  other: Pick<Answer, 'answers' | 'comment'>,
): boolean {
  const said = ({ answers, comment }: Pick<Answer, 'answers' | 'comment'>) =>
    JSON.stringify([answers.map(({ questionId, value }) => [questionId, value]), comment]);
  return said(one) === said(other);
}
