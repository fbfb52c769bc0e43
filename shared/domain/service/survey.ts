// The survey of a service as it is kept: what it asks, under which terms, and what holds where an older record says nothing.
import { createHash } from 'node:crypto';
import type { Question, Survey, SurveyTerms } from './service.ts';

/** What holds unless the administrator says otherwise. */
export const defaultTerms: SurveyTerms = {
  delivery: 'platform',
  askAgainAfterDays: 0,
  expiresAfterDays: 14,
  changeableHours: 24,
  alertBelow: null,
};

type WrittenQuestion = Omit<Question, 'id'> & { id?: string | undefined };

/** A survey as it may have been kept before it had terms, and its questions ids. */
type KeptSurvey =
  | Extract<Survey, { type: 'none' }>
  | (Omit<Extract<Survey, { type: 'standard' }>, keyof SurveyTerms> & Partial<SurveyTerms>)
  | (Omit<Extract<Survey, { type: 'custom' }>, keyof SurveyTerms | 'questions'> &
      Partial<SurveyTerms> & { questions: WrittenQuestion[] });

/** The survey with everything that it lacked. */
export function completeSurvey(kept: KeptSurvey): Survey {
  if (kept.type === 'none') return kept;
  if (kept.type === 'standard') return { ...defaultTerms, ...kept };
  return { ...defaultTerms, ...kept, questions: withIds(kept.questions, []) };
}

/**
 * The questions, each with an id: its own, else that of a present question with the same type and words, else one made of these.
 * @param present the questions before the change
 */
export function withIds(written: readonly WrittenQuestion[], present: readonly Question[]): Question[] {
  const taken = new Set(written.flatMap(({ id }) => id ?? []));
  return written.map(question => {
    const { type, text } = question;
    const same = present.find(each => each.type === type && each.text === text && !taken.has(each.id));
    const id = question.id ?? same?.id ?? free(idOf(type, text), taken);
    taken.add(id);
    return { ...question, id } as Question;
  });
}

function idOf(type: Question['type'], text: string): string {
  return `q-${createHash('sha256').update(`${type} ${text}`).digest('hex').slice(0, 10)}`;
}

function free(id: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n += 1) {
    const candidate = n === 1 ? id : `${id}-${n}`;
    if (!taken.has(candidate)) return candidate;
  }
}
