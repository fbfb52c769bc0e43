// HTTP: the page that a customer answers a survey on; open to anyone who has its link.
import { findLogo } from '../shared/azure/settings-store.ts';
import { defaultSettings, type Language, languages } from '../shared/domain/settings.ts';
import type { Invitation } from '../shared/domain/survey/invitation.ts';
import { optOutField } from '../shared/domain/survey/read-answer.ts';
import type { MaloteError } from '../shared/errors.ts';
import { answerSurvey, optOutOfSurveys, type PostOutcome } from '../shared/flows/surveys/answer.ts';
import { findByToken } from '../shared/flows/surveys/links.ts';
import { signShownAt } from '../shared/flows/surveys/shown-at.ts';
import { app } from '../shared/http/app.ts';
import { image } from '../shared/http/image.ts';
import { type Asked, type PageRequest, page } from '../shared/http/page.ts';
import { languageFor } from '../shared/pages/language.ts';
import { type SurveyView, surveyPage } from '../shared/pages/survey-page.ts';
import { troublePage, unknownPage } from '../shared/pages/survey-trouble-page.ts';

const route = 's/{token}';

app.http('survey-page', {
  route,
  methods: ['GET', 'HEAD'],
  authLevel: 'anonymous',
  handler: page({
    show: async request => {
      const { settings } = await request.clients.readKeptSettings(request.now);
      const found = await findByToken(request.clients, request.params.token ?? '', request.now);
      if (!found) return unknownPage(accepted(request, settings.defaultLanguage));
      return surveyPage(await viewOf(found.value, request));
    },
    showFailure,
  }),
});

app.http('survey-answer', {
  route,
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: page({
    show: async request => {
      const { clients, params, form, query } = request;
      const token = params.token ?? '';
      const { settings } = await clients.readKeptSettings(request.now);
      const sent = { form, language: chosenLanguage(query) };
      const result = form.has(optOutField)
        ? await optOutOfSurveys(clients, token, request)
        : await answerSurvey(clients, token, sent, request);
      return answerTo(result, request, settings.defaultLanguage);
    },
    showFailure,
  }),
});

app.http('survey-logo', {
  route: 'survey-logo/{digest}',
  methods: ['GET', 'HEAD'],
  authLevel: 'anonymous',
  handler: image(({ database: { catalog } }, { digest }) => findLogo(catalog, digest ?? '')),
});

async function answerTo(result: PostOutcome, request: PageRequest, usual: Language) {
  if (result.outcome === 'unknown') return unknownPage(accepted(request, usual));
  if (!result.invitation)
    return troublePage(429, chosenLanguage(request.query) ?? accepted(request, usual), request.form);
  const view = await viewOf(result.invitation, request);
  if (result.outcome === 'recorded' || result.outcome === 'unchanged') {
    // Whoever loads the page again sends nothing again (RFC 9110 15.4.4).
    return { status: 303, location: `?lang=${view.language}` } as const;
  }
  const faults = result.outcome === 'invalid' ? result.faults : [];
  return surveyPage(view, { outcome: result.outcome, values: request.form, faults });
}

async function viewOf(invitation: Invitation, request: PageRequest): Promise<SurveyView> {
  const { clients, query, now } = request;
  const { settings, logo } = await clients.readKeptSettings(now);
  const language = chosenLanguage(query) ?? invitation.language;
  const shownAt = signShownAt(clients.config.secretKeys, invitation.invitationId, now);
  return { invitation, settings, logo, language, now, shownAt, chosen: query.get('r') };
}

function showFailure(_error: MaloteError, status: number, asked: Asked) {
  const language = chosenLanguage(asked.query) ?? accepted(asked, defaultSettings.defaultLanguage);
  return troublePage(status >= 500 ? 503 : status, language, asked.form);
}

function chosenLanguage(query: URLSearchParams): Language | undefined {
  return languages.find(language => language === query.get('lang'));
}

function accepted({ headers }: Pick<Asked, 'headers'>, usual: Language): Language {
  return languageFor(headers.get('accept-language'), usual);
}
