// The operations of customers who answer a survey.
import * as z from 'zod';
import { exampleIds, type Operations } from './operation.ts';

const tag = 'Surveys' as const;
const path = { token: exampleIds.surveyToken };

/** Names are `q.` or `text.` and the id of a question. */
const form = z
  .object({
    comment: z.string().max(1_000).optional(),
    shown: z.string().optional().meta({ description: 'When the page was shown, as it says.' }),
    optOut: z
      .string()
      .optional()
      .meta({ description: 'In a form of its own: the wish not to be asked again.' }),
  })
  .catchall(z.string())
  .meta({ id: 'SurveyForm' });

/** By the names of their functions. */
export const surveyPage: Operations = {
  'survey-page': {
    tag,
    summary: 'The page of a survey',
    description:
      'Whoever has the link may look at it. Looking never changes anything, so a scanner may. HEAD is answered likewise. 404 is always the same page; 410 after the end.',
    query: z.object({
      lang: z.enum(['pt-BR', 'en', 'es']).optional(),
      r: z.string().optional().meta({ description: 'Chosen beforehand in a standard survey.' }),
    }),
    answers: {
      200: { says: 'To answer, or what became of the answer.', type: 'text/html' },
      404: { says: 'There is no such survey.', type: 'text/html' },
      410: { says: 'It has ended.', type: 'text/html' },
      503: { says: 'It cannot be shown now.', type: 'text/html' },
    },
    example: { path, query: { r: '4' } },
  },
  'survey-answer': {
    tag,
    summary: 'Answer a survey, or change the answer',
    description: 'At most ten times an hour.',
    query: z.object({ lang: z.enum(['pt-BR', 'en', 'es']).optional() }),
    body: form,
    bodyType: 'application/x-www-form-urlencoded',
    answers: {
      200: { says: 'What the answer said holds: it can be changed no more.', type: 'text/html' },
      303: { says: 'It is recorded; the page says so.', headers: ['Location'] },
      404: { says: 'There is no such survey.', type: 'text/html' },
      410: { says: 'It has ended.', type: 'text/html' },
      413: { says: 'More than 8 kB.', type: 'text/html' },
      415: { says: 'No form.', type: 'text/html' },
      422: { says: 'The page, with what is to be corrected.', type: 'text/html' },
      429: { says: 'Too many times within an hour.', type: 'text/html' },
      503: { says: 'It could not be kept; the page has what was typed.', type: 'text/html' },
    },
    example: { path, body: { 'q.satisfaction': '4', comment: 'Tudo certo.' } },
  },
  'survey-logo': {
    tag,
    summary: "The company's logo on that page",
    answers: { 200: { says: 'A PNG, JPEG or WebP image, for ever the same.', type: '*/*' } },
    errors: ['not_found'],
    example: { path: { digest: exampleIds.logo } },
  },
};
