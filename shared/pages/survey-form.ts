// The form of a survey: its questions with their choices in words, what was answered so far, and what is wrong with it.
import type { Language } from '../domain/settings.ts';
import { type AskedQuestion, type AskedSurvey, scales, wordsOf } from '../domain/survey/question.ts';
import {
  commentField,
  type FormFault,
  fieldOf,
  LONGEST_TEXT,
  shownAtField,
  trapField,
} from '../domain/survey/read-answer.ts';
import { type Html, html } from './html.ts';
import { scaleTexts } from './scale-texts.ts';
import { surveyTexts } from './survey-texts.ts';

export type Form = {
  survey: AskedSurvey;
  language: Language;
  values: URLSearchParams;
  faults: readonly FormFault[];
  /** The instant in which it is shown, signed. */
  shownAt: string;
  /** Of the button. */
  send: string;
};

/** The form. Browsers do not check it, for they would speak their own language: the page that comes back does. */
export function surveyForm(form: Form): Html {
  const { survey, language, shownAt, send } = form;
  const texts = surveyTexts[language];
  return html`<form method="post" action="?lang=${language}" novalidate>
${survey.questions.map(question => questionHtml(question, form))}${
  survey.commentDisabled && !form.faults.some(({ field }) => field === commentField)
    ? html``
    : textHtml(commentField, texts.comment, false, form)
}<input type="hidden" name="${shownAtField}" value="${shownAt}">
<p class="trap"><label>${texts.leaveEmpty} <input name="${trapField}" tabindex="-1" autocomplete="off"></label></p>
<p><button>${send}</button></p>
</form>
`;
}

/** What is wrong, with a link to each field; nothing where nothing is. */
export function faultSummary({
  survey,
  language,
  faults,
}: Pick<Form, 'survey' | 'language' | 'faults'>): Html {
  if (faults.length === 0) return html``;
  const texts = surveyTexts[language];
  const nameOf = (field: string) => {
    const question = survey.questions.find(each => fieldOf(each) === field);
    return question ? wordsOf(question, language) : texts.comment;
  };
  const items = faults.map(
    ({ field, fault }) =>
      html`<li><a href="#${idOf(field)}">${nameOf(field)}</a> ${texts.faults[fault]}</li>`,
  );
  return html`<div class="box" role="alert" tabindex="-1" autofocus aria-labelledby="faults">
<h2 id="faults">${texts.faultsTitle}</h2>
<ul>${items}</ul>
</div>
`;
}

function questionHtml(question: AskedQuestion, form: Form): Html {
  const words = wordsOf(question, form.language);
  const field = fieldOf(question);
  if (question.type === 'text') return textHtml(field, words, question.required, form);
  const id = idOf(field);
  const fault = form.faults.find(each => each.field === field);
  const isRow = question.type === 'nps' || question.type === 'ces';
  const chosen = form.values.get(field);
  const choices = choicesOf(question, form.language).map(({ value, number, text }, index) => {
    const shown = isRow
      ? html`<span>${number}</span>${text === '' ? html`` : html`<small>${text}</small>`}`
      : html`<span>${number === '' ? text : `${number} – ${text}`}</span>`;
    return html`<label><input type="radio" name="${field}" value="${value}"${index === 0 ? html` id="${id}"` : html``}${chosen === value ? html` checked` : html``}>${shown}</label>
`;
  });
  return html`<fieldset role="radiogroup" aria-labelledby="l-${id}"${question.required ? html` aria-required="true"` : html``}${wrongAttributes(id, fault)}>
<legend id="l-${id}">${words}${optionalMark(question.required, form.language)}</legend>
${faultHtml(id, fault, form.language)}${isRow ? html`<div class="row">${choices}</div>` : choices}</fieldset>
`;
}

function textHtml(field: string, words: string, required: boolean, { values, faults, language }: Form): Html {
  const id = idOf(field);
  const fault = faults.find(each => each.field === field);
  // A line end right after the tag is not of the text (HTML 13.2.6.4.7).
  return html`<div class="q">
<label for="${id}">${words}${optionalMark(required, language)}</label>
${faultHtml(id, fault, language)}<textarea id="${id}" name="${field}" rows="4" maxlength="${String(LONGEST_TEXT)}"${required ? html` required` : html``}${wrongAttributes(id, fault)}>
${values.get(field) ?? ''}</textarea>
</div>
`;
}

type Choice = { value: string; number: string; text: string };

function choicesOf(question: Exclude<AskedQuestion, { type: 'text' }>, language: Language): Choice[] {
  const texts = scaleTexts[language];
  if (question.type === 'yesNo') {
    return [
      { value: 'yes', number: '', text: texts.yes },
      { value: 'no', number: '', text: texts.no },
    ];
  }
  if (question.type === 'choice') {
    return question.choices.map((text, index) => ({ value: String(index + 1), number: '', text }));
  }
  const { type } = question as { type: keyof typeof scales };
  const [least, most] = scales[type];
  return Array.from({ length: most - least + 1 }, (_, index) => {
    const number = String(least + index);
    if (type === 'csat') return { value: number, number, text: texts.csat[index] ?? '' };
    const [lowest, highest] = texts[type];
    const text = index === 0 ? lowest : index === most - least ? highest : '';
    return { value: number, number, text };
  });
}

function optionalMark(required: boolean, language: Language): Html {
  return required ? html`` : html` <small>${surveyTexts[language].optional}</small>`;
}

function wrongAttributes(id: string, fault: FormFault | undefined): Html {
  return fault ? html` aria-invalid="true" aria-describedby="e-${id}"` : html``;
}

function faultHtml(id: string, fault: FormFault | undefined, language: Language): Html {
  return fault
    ? html`<p class="wrong" id="e-${id}">${surveyTexts[language].faults[fault.fault]}</p>
`
    : html``;
}

/** Fields are named with dots, which a link to a place may have and a style sheet had better not. */
function idOf(field: string): string {
  return field.replace('.', '-');
}
