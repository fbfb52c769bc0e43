// Reads what a customer sent from the page of a survey: an answer, or what is wrong with each field.
import type { Language } from '../settings.ts';
import type { Answer, AnsweredQuestion } from './answer.ts';
import { type AskedQuestion, type AskedSurvey, scales, wordsOf } from './question.ts';

/** Characters of a text or a comment, as browsers count them: UTF-16, a line end as one. */
export const LONGEST_TEXT = 1_000;

/** The field of the comment, and the one that people do not see, so that nobody fills it in who is one. */
export const commentField = 'comment';
export const trapField = 'website';
/** When the form was shown, signed; and the wish not to be asked again, in a form of its own. */
export const shownAtField = 'shown';
export const optOutField = 'optOut';

/** The name of a question's field. Texts have another, so that they are known for typed without their question. */
export function fieldOf({ id, type }: Pick<AskedQuestion, 'id' | 'type'>): string {
  return type === 'text' ? `text.${id}` : `q.${id}`;
}

/** `field` by its name in the form. */
export type FormFault = { field: string; fault: 'missing' | 'notAChoice' | 'tooLong' | 'notAsked' };

export type ReadAnswer = Pick<Answer, 'answers' | 'comment'>;

/** The answer that the values are, its questions in the words of a language; or every fault there is. */
export function readAnswer(
  { questions, commentDisabled }: AskedSurvey,
  values: URLSearchParams,
  language: Language,
): ReadAnswer | { faults: FormFault[] } {
  const answers: AnsweredQuestion[] = [];
  const faults: FormFault[] = [];
  for (const question of questions) {
    const field = fieldOf(question);
    const written = textOf(values.get(field));
    if (written === '') {
      if (question.required) faults.push({ field, fault: 'missing' });
      continue;
    }
    const value = readValue(question, written);
    if (typeof value === 'object') faults.push({ field, ...value });
    else
      answers.push({
        questionId: question.id,
        kind: question.type,
        question: wordsOf(question, language),
        value,
      });
  }
  const comment = textOf(values.get(commentField));
  if (comment !== '' && commentDisabled) faults.push({ field: commentField, fault: 'notAsked' });
  if (comment.length > LONGEST_TEXT) faults.push({ field: commentField, fault: 'tooLong' });
  if (faults.length > 0) return { faults };
  return { answers, comment: comment === '' ? null : comment };
}

/** The values of a form that say what was answered. */
export function valuesOf({ questions }: AskedSurvey, { answers, comment }: ReadAnswer): URLSearchParams {
  const values = new URLSearchParams();
  for (const { questionId, value } of answers) {
    const question = questions.find(({ id }) => id === questionId);
    if (question) values.set(fieldOf(question), writtenAs(question, value));
  }
  if (comment !== null) values.set(commentField, comment);
  return values;
}

function readValue(
  question: AskedQuestion,
  written: string,
): AnsweredQuestion['value'] | Omit<FormFault, 'field'> {
  switch (question.type) {
    case 'text':
      return written.length > LONGEST_TEXT ? { fault: 'tooLong' } : written;
    case 'yesNo':
      return written === 'yes' || written === 'no' ? written === 'yes' : { fault: 'notAChoice' };
    case 'choice':
      return question.choices[(numberIn(written) ?? 0) - 1] ?? { fault: 'notAChoice' };
    default: {
      const [least, most] = scales[question.type];
      const number = numberIn(written) ?? -1;
      return number >= least && number <= most ? number : { fault: 'notAChoice' };
    }
  }
}

function writtenAs(question: AskedQuestion, value: AnsweredQuestion['value']): string {
  if (question.type === 'choice') return String(question.choices.indexOf(String(value)) + 1);
  if (question.type === 'yesNo') return value === true ? 'yes' : 'no';
  return String(value);
}

function numberIn(written: string): number | undefined {
  return /^\d{1,2}$/.test(written) ? Number(written) : undefined;
}

/** Forms send line ends as CR LF (HTML 4.10.22.4); other control characters nobody types. */
function textOf(sent: string | null): string {
  return (sent ?? '')
    .toWellFormed()
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .trim();
}
