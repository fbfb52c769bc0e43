// The operations of who reads what customers answered: figures, answers, and what is done about those that are suspect.
import * as z from 'zod';
import { languages } from '../../domain/settings.ts';
import { definitions } from '../../domain/survey/figures.ts';
import { suppressions } from '../../domain/survey/invitation.ts';
import { scales } from '../../domain/survey/question.ts';
import { exampleIds, type Operations } from './operation.ts';
import { instant, pageOf } from './parts.ts';

const value = z.union([z.number(), z.boolean(), z.string()]);
const kind = z.enum([...Object.keys(scales), 'choice', 'yesNo', 'text']);

const figure = z
  .object({
    name: z.enum(Object.keys(definitions)),
    of: value.optional().meta({ description: 'Of a share: of which value.' }),
    definition: z.string(),
    n: z.int().meta({ description: 'How many answers, or invitations, it is made of.' }),
    value: z.number().nullable().meta({ description: 'Null where n is 0.' }),
    low: z.number().nullable(),
    high: z.number().nullable().meta({ description: 'Between low and high with 95 %.' }),
    fewAnswers: z.boolean().meta({ description: 'n is under 30.' }),
    distribution: z.array(z.object({ value, count: z.int() })),
    suspect: z.int().meta({ description: 'Answers that are left out.' }),
  })
  .meta({ id: 'SurveyFigure', description: 'A figure, how it is made, and how sure it is.' });

const figures = {
  responseRate: figure,
  undeliverable: z.int().meta({ description: 'Invitations that could not reach anybody.' }),
  suppressed: z.array(z.object({ reason: z.enum(suppressions), count: z.int() })),
  questions: z.array(
    z.object({ questionId: z.string(), kind, question: z.string(), figures: z.array(figure) }),
  ),
};
const days = { from: z.iso.date(), to: z.iso.date() };

const results = z
  .object({
    ...days,
    timeZone: z.string(),
    pending: z
      .int()
      .meta({ description: 'Invitations that are not counted yet; 1000 for any number from there.' }),
    ...figures,
    series: z.array(z.object({ ...days, ...figures })),
  })
  .meta({ id: 'SurveyResults' });

const answer = z
  .object({
    id: z.string().meta({ description: 'The id of the invitation.' }),
    service: z.object({ id: z.string(), name: z.string() }),
    attendance: z.object({ id: z.string(), groupId: z.string().nullable(), agentId: z.string().nullable() }),
    mailKey: z.string().nullable(),
    invitedAt: instant,
    answeredAt: instant,
    changedAt: instant.nullable(),
    language: z.enum(languages),
    answers: z.array(z.object({ questionId: z.string(), kind, question: z.string(), value })),
    comment: z.string().nullable(),
    suspect: z.boolean(),
    alert: z.boolean(),
  })
  .meta({
    id: 'SurveyAnswer',
    description: 'What a customer answered, and the questions as they were read.',
  });

const tag = 'Survey results' as const;
const period = { from: '2026-03-01', to: '2026-03-31' };

/** By the names of their functions. */
export const surveyResults: Operations = {
  'survey-results': {
    tag,
    summary: 'The figures of surveys',
    description:
      'Of the last 30 days unless told, of one service or of all where there are no more than 50. Days are those of the company.',
    answers: { 200: { says: 'The figures.', json: results } },
    example: { query: { ...period, series: 'week' } },
  },
  'survey-answers': {
    tag,
    summary: 'List answers, newest first',
    answers: { 200: { says: 'A page of answers.', json: pageOf(answer) } },
    example: { query: { ...period, limit: '20' } },
  },
  'survey-answers-csv': {
    tag,
    summary: 'Answers for a spreadsheet',
    description:
      'In the language of `lang`, else of Accept-Language. An answer that is cut off is not whole.',
    answers: { 200: { says: 'A line for each answer.', type: 'text/csv' } },
    example: { query: { ...period, lang: 'en' } },
  },
  'survey-answers-restore': {
    tag,
    summary: 'Count an answer that is suspect',
    description: 'May be repeated. The platform is told by `survey.changed`.',
    answers: { 200: { says: 'The answer.', json: answer } },
    errors: ['not_found'],
    example: { path: { id: exampleIds.suspectAnswer } },
  },
};
