// HTTP: the figures of surveys, and the answers that they are made of.
import { Readable } from 'node:stream';
import * as z from 'zod';
import { readSettings } from '../shared/azure/settings-store.ts';
import type { Answered } from '../shared/azure/survey-answers-store.ts';
import { parseServiceId } from '../shared/domain/ids.ts';
import { line } from '../shared/domain/schema-messages.ts';
import { languages } from '../shared/domain/settings.ts';
import { day, seriesSteps } from '../shared/domain/survey/days.ts';
import { parseInvitationId } from '../shared/domain/survey/invitation.ts';
import { exportAnswers, listAnswers } from '../shared/flows/surveys/answers.ts';
import { restoreAnswer } from '../shared/flows/surveys/restore.ts';
import { readResults } from '../shared/flows/surveys/results.ts';
import { app } from '../shared/http/app.ts';
import { byteOrderMark, csvLine } from '../shared/http/csv.ts';
import { nextCursor, pageQuery } from '../shared/http/paging.ts';
import { isInstant } from '../shared/http/period.ts';
import { route } from '../shared/http/route.ts';
import { answersSheet, separators } from '../shared/pages/answers-sheet.ts';
import { languageFor } from '../shared/pages/language.ts';

const supervisors = { roles: ['Supervisor'] } as const;

const scope = {
  from: day.optional(),
  to: day.optional(),
  serviceId: z
    .string()
    .transform(parseServiceId)
    .refine(id => id !== undefined, 'is not the id of a service')
    .optional(),
  groupId: line('give the id of a group', 200).optional(),
  agentId: line('give an agent as the platform names them', 200).optional(),
};

const truth = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform(text => text === 'true')
  .optional();
const answers = { ...scope, suspect: truth, alert: truth };

const resultsQuery = z.strictObject({
  ...scope,
  series: z.enum(seriesSteps, { error: `must be one of ${seriesSteps.join(', ')}` }).optional(),
});

const answersQuery = pageQuery(
  3,
  ([on = '', at = '', id]) =>
    day.safeParse(on).success && isInstant(at) && parseInvitationId(id) !== undefined,
).extend(answers);

const sheetQuery = z.strictObject({
  ...answers,
  lang: z.enum(languages, { error: `must be one of ${languages.join(', ')}` }).optional(),
});

app.http('survey-results', {
  route: 'api/surveys/results',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ ...supervisors, query: resultsQuery }, async ({ clients, query, ...request }) => ({
    json: await readResults(clients, query, request),
  })),
});

app.http('survey-answers', {
  route: 'api/surveys/answers',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ ...supervisors, query: answersQuery }, async ({ clients, query, now }) => {
    const { limit, cursor: [on = '', at = '', id] = [], ...wish } = query;
    const invitationId = parseInvitationId(id);
    const after = invitationId && { day: on, at, id: invitationId };
    const { items, next } = await listAnswers(clients, wish, { after, limit, now });
    return {
      json: {
        items: items.map(view),
        nextCursor: nextCursor(next && [next.day, next.at, next.id]),
      },
    };
  }),
});

app.http('survey-answers-csv', {
  route: 'api/surveys/answers.csv',
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: route({ ...supervisors, query: sheetQuery }, async ({ clients, query, headers, ...request }) => {
    const { lang, ...wish } = query;
    const usual = (await readSettings(clients.database.catalog)).value.defaultLanguage;
    const language = lang ?? languageFor(headers.get('accept-language'), usual);
    const { scope, questions, answers } = await exportAnswers(clients, wish, request);
    const { from, to } = scope.period;
    const sheet = answersSheet(language, questions, scope.timeZone);
    const separator = separators[language];
    const lines = async function* () {
      yield byteOrderMark + csvLine(sheet.header, separator);
      for await (const some of answers) yield some.map(each => csvLine(sheet.row(each), separator)).join('');
    };
    return {
      headers: {
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-language': language,
        'content-disposition': `attachment; filename="answers-${from}-${to}.csv"`,
        vary: 'Accept-Language',
      },
      body: Readable.from(lines()),
    };
  }),
});

app.http('survey-answers-restore', {
  route: 'api/surveys/answers/{id}/restore',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: route(supervisors, async ({ clients, params, ...request }) => ({
    json: view(await restoreAnswer(clients, params.id ?? '', request)),
  })),
});

function view({ answer, ...invitation }: Answered) {
  const { answeredDay: _day, changes: _changes, ...told } = answer;
  const { invitationId, attendanceId, serviceId, serviceName, groupId, agentId, mailKey, invitedAt } =
    invitation;
  return {
    id: invitationId,
    service: { id: serviceId, name: serviceName },
    attendance: { id: attendanceId, groupId, agentId },
    mailKey,
    invitedAt,
    ...told,
  };
}
