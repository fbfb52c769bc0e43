// The pages for a link that opens nothing, and for when we do not know what it opens: then with what was typed, to be sent again.
import type { Language } from '../domain/settings.ts';
import { commentField, optOutField, shownAtField } from '../domain/survey/read-answer.ts';
import { type Html, html } from './html.ts';
import type { Page } from './layout.ts';
import { framed } from './survey-frame.ts';
import { surveyTexts } from './survey-texts.ts';

/** Always the same for a language: of a link that was forgotten, withdrawn or never made nothing can be told. */
export function unknownPage(language: Language): Page {
  const { title, body } = surveyTexts[language].unknown;
  return framed({ status: 404, language, title, body: html`<h1>${title}</h1><p>${body}</p>`, company: null });
}

/** Fields that a form of ours has, and no more of them than the longest has. */
const choiceField = /^q\.[a-z0-9-]{1,40}$/;
const textField = /^text\.[a-z0-9-]{1,40}$/;
const MOST_FIELDS = 21;

/** The page when nothing could be looked up, or no more may be, or what was sent could not be read. */
export function troublePage(status: number, language: Language, form: URLSearchParams): Page {
  const texts = surveyTexts[language];
  const isUnread = status === 400 || status === 413 || status === 415;
  const says = status === 429 ? texts.tooMany : isUnread ? texts.trouble.unread : texts.unavailable;
  return framed({
    status,
    language,
    title: texts.trouble.title,
    body: html`<h1>${texts.trouble.title}</h1>
<p>${says}</p>
${keptForm(form, language)}`,
    company: null,
    ...(!isUnread && { retryAfterSeconds: status === 429 ? 3_600 : 30 }),
  });
}

/** What was typed, without the questions, which are not at hand. */
function keptForm(form: URLSearchParams, language: Language): Html {
  const texts = surveyTexts[language];
  const fields = [...form].slice(0, MOST_FIELDS * 2);
  const hidden = fields.filter(
    ([name]) => choiceField.test(name) || name === shownAtField || name === optOutField,
  );
  const typed = fields.filter(([name]) => textField.test(name) || name === commentField);
  if (hidden.length + typed.length === 0) return html``;
  return html`<form method="post" action="?lang=${language}">
${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${typed.map(
  (
    [name, value],
    index,
  ) => html`<div class="q"><label for="t-${String(index)}">${name === commentField ? texts.comment : texts.typed}</label>
<textarea id="t-${String(index)}" name="${name}" rows="4">
${value}</textarea></div>
`,
)}<p><button>${texts.tryAgain}</button></p>
</form>`;
}
