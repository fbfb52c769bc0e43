// What a survey asks, as it was when the customer was invited.
import type { Language } from '../settings.ts';

/** From worst to best, or in the order of the numbers. */
export const scales = { csat: [1, 5], nps: [0, 10], ces: [1, 7] } as const;
export type ScaleKind = keyof typeof scales;

type Question = {
  /** The same as long as the question is, whatever becomes of its words. */
  id: string;
  /** Null for the built-in words of the standard question, in the language of the page. */
  text: string | null;
  required: boolean;
};

export type AskedQuestion =
  | (Question & { type: ScaleKind | 'yesNo' | 'text' })
  | (Question & { type: 'choice'; choices: string[] });

/** The words of the link stand in the ready invitation; null for the built-in ones. */
export type AskedSurvey = {
  type: 'standard' | 'custom' | 'none';
  questions: AskedQuestion[];
  commentDisabled: boolean;
  linkText: string | null;
};

/** The one question of a standard survey. */
export const standardQuestionId = 'satisfaction';

/** The built-in words of that question. */
const standardWords: Record<Language, string> = {
  'pt-BR': 'Como você avalia o nosso atendimento?',
  en: 'How do you rate the service you received from us?',
  es: '¿Cómo valora la atención que recibió?',
};

/** A question as whoever reads in a language reads it. */
export function wordsOf({ text }: Pick<AskedQuestion, 'text'>, language: Language): string {
  return text ?? standardWords[language];
}
