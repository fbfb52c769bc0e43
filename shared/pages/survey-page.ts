// The page of a survey, in each of its states: open, to be corrected, answered, locked, expired, and when it could not be kept.
import type { Language, Settings } from '../domain/settings.ts';
import { type Invitation, stateOf } from '../domain/survey/invitation.ts';
import { type FormFault, fieldOf, shownAtField, valuesOf } from '../domain/survey/read-answer.ts';
import { type Html, html } from './html.ts';
import type { Page } from './layout.ts';
import { type Form, faultSummary, surveyForm } from './survey-form.ts';
import { companyOf, framed } from './survey-frame.ts';
import { surveyTexts } from './survey-texts.ts';

/** What a page is made of. */
export type SurveyView = {
  invitation: Invitation;
  settings: Settings;
  /** Digest of the company's logo. */
  logo: string | null;
  language: Language;
  now: Date;
  /** The instant in which the form is shown, signed. */
  shownAt: string;
  /** What a link of the invitation chose, as it came. */
  chosen?: string | null;
};

/** A post that recorded nothing, with what was typed. */
export type Returned = {
  outcome: 'invalid' | 'unconfirmed' | 'late' | 'expired' | 'tooMany' | 'unavailable';
  values: URLSearchParams;
  faults?: readonly FormFault[];
};

const statuses = { invalid: 422, unconfirmed: 422, tooMany: 429, unavailable: 503 } as const;
const retryAfter: Partial<Record<Returned['outcome'], number>> = { tooMany: 3_600, unavailable: 30 };

/** The page as somebody who opens it sees it, or who posted in vain: with what was typed. */
export function surveyPage(view: SurveyView, returned?: Returned): Page {
  const { invitation, settings, logo, language, now } = view;
  const texts = surveyTexts[language];
  const state = stateOf(invitation, now);
  const company = companyOf(settings, logo, invitation.serviceName);
  const isOptedOut = invitation.optedOutAt !== undefined;
  const outcome = returned?.outcome;
  const values = returned ? returned.values : shownValues(view);
  const form = formOf(view, values, returned);
  const top = noticeOf(outcome, language);
  const inside = (summary: string) =>
    html`<details${returned ? html` open` : html``}><summary>${summary}</summary>${surveyForm(form)}</details>`;

  const { title, body } = ((): { title: string; body: Html } => {
    switch (state) {
      case 'open':
        if (isOptedOut && !returned) {
          const said = html`<p>${texts.optedOut.body(company.name)}</p>${inside(texts.optedOut.answerAnyway)}`;
          return { title: texts.optedOut.title, body: said };
        }
        return { title: texts.title, body: html`<p>${texts.intro(company.name)}</p>${surveyForm(form)}` };
      case 'changeable': {
        const until =
          Date.parse(invitation.answer?.answeredAt ?? '') + invitation.changeableHours * 3_600_000;
        const said = html`<p>${texts.changeableUntil(moment(new Date(until), view))}</p>`;
        return { title: texts.thanks, body: html`${said}${inside(texts.change)}` };
      }
      case 'locked':
        return { title: texts.thanks, body: html`<p>${outcome === 'late' ? texts.late : texts.locked}</p>` };
      case 'expired': {
        const since = moment(new Date(invitation.expiresAt), view);
        return { title: texts.expired.title, body: html`<p>${texts.expired.body(since)}</p>` };
      }
    }
  })();
  const optedOut =
    isOptedOut && title !== texts.optedOut.title ? html`<p>${texts.optedOut.body(company.name)}</p>` : html``;
  const chosen = chosenScore(view);
  const retryAfterSeconds = outcome && retryAfter[outcome];
  return framed({
    status:
      outcome && outcome in statuses
        ? statuses[outcome as keyof typeof statuses]
        : state === 'expired'
          ? 410
          : 200,
    language,
    title: form.faults.length > 0 ? texts.corrected(title) : title,
    body: html`${top}${faultSummary(form)}<h1>${title}</h1>
${optedOut}${body}`,
    company,
    ...(chosen !== undefined && state === 'open' && { query: { r: chosen } }),
    canOptOut: invitation.addressHash !== null && !isOptedOut,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

/** What is already answered; or, of the one question of a standard survey, what the link chose. */
function shownValues(view: SurveyView): URLSearchParams {
  const { survey, answer } = view.invitation;
  if (answer) return valuesOf(survey, answer);
  const [first] = survey.questions;
  const chosen = chosenScore(view);
  return new URLSearchParams(first && chosen ? { [fieldOf(first)]: chosen } : {});
}

function chosenScore({ invitation: { survey }, chosen }: SurveyView): string | undefined {
  return survey.type === 'standard' && /^[1-5]$/.test(chosen ?? '') ? (chosen ?? undefined) : undefined;
}

function formOf(
  { invitation, language, shownAt }: SurveyView,
  values: URLSearchParams,
  { outcome, faults = [] }: Partial<Returned> = {},
): Form {
  const texts = surveyTexts[language];
  const send = invitation.answer ? texts.sendChange : texts.send;
  // Whoever corrects a form is soon done with it: it was shown when it was shown first.
  const before = values.get(shownAtField) ?? '';
  const isShown = outcome !== 'unconfirmed' && /^[\w.-]{1,40}$/.test(before);
  const shown = isShown ? before : shownAt;
  return { survey: invitation.survey, language, values, faults, shownAt: shown, send };
}

function noticeOf(outcome: Returned['outcome'] | undefined, language: Language): Html {
  if (outcome !== 'unconfirmed' && outcome !== 'tooMany' && outcome !== 'unavailable') return html``;
  return html`<div class="box" role="alert"><p>${surveyTexts[language][outcome]}</p></div>
`;
}

function moment(at: Date, { language, settings }: SurveyView): string {
  const format = { dateStyle: 'long', timeStyle: 'short', timeZone: settings.timeZone } as const;
  return new Intl.DateTimeFormat(language, format).format(at);
}
