// What a survey asks, as it was when the customer was invited.

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
