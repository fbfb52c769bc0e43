// The pages of a survey as they are made: how much they weigh, and that nothing of a company or a customer becomes HTML.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { defaultSettings, languages } from '../../shared/domain/settings.ts';
import type { AskedSurvey } from '../../shared/domain/survey/question.ts';
import { type SurveyView, surveyPage } from '../../shared/pages/survey-page.ts';
import { invitation } from '../support/invitation.ts';
import { randomFrom } from '../support/random.ts';
import { everyKind, largestSurvey } from '../support/survey-questions.ts';

const now = new Date('2026-03-03T12:00:00Z');

function viewOf(survey: AskedSurvey, changes: Partial<SurveyView> = {}): SurveyView {
  const branding = { ...defaultSettings.branding, name: 'Empresa', privacyUrl: 'https://empresa.example/p' };
  return {
    invitation: invitation({ survey, addressHash: 'a'.repeat(16) }),
    settings: { ...defaultSettings, branding },
    logo: '0'.repeat(32),
    language: 'pt-BR',
    now,
    shownAt: 'shown',
    ...changes,
  };
}

const gzippedBytes = (html: string) => gzipSync(html).byteLength;
/** What the logo may weigh beside the page. */
const LOGO_BYTES = 8 * 1024;
const MOST_BYTES = 14 * 1024;

test('a page weighs less than 14 kB with the largest logo', () => {
  for (const survey of [invitation().survey, everyKind]) {
    for (const language of languages) {
      const { html } = surveyPage(viewOf(survey, { language }));
      assert.ok(gzippedBytes(html) + LOGO_BYTES < MOST_BYTES, String(gzippedBytes(html)));
    }
  }
});

test('with 20 questions of 20 choices it weighs less without the logo, in words as people write them', () => {
  const random = randomFrom(5);
  const words = 'atendimento prazo entrega produto loja pedido troca pagamento cartão suporte telefone'.split(
    ' ',
  );
  const three = () => [1, 2, 3].map(() => random.pick(words)).join(' ');
  const { html } = surveyPage(viewOf(largestSurvey(() => three())));
  assert.ok(gzippedBytes(html) < MOST_BYTES, String(gzippedBytes(html)));
});

test('whatever a company writes, or a customer, is text', () => {
  const mark = '<script>alert("x")</script>\'&';
  const survey: AskedSurvey = {
    ...everyKind,
    questions: [
      { id: 'a', type: 'choice', text: mark, required: true, choices: [mark, `${mark}2`] },
      { id: 'b', type: 'text', text: mark, required: true },
    ],
  };
  const branding = {
    name: mark,
    logoUrl: null,
    accent: '#123456',
    privacyUrl: 'https://a.example/"><script>',
  };
  const view = viewOf(survey, { settings: { ...defaultSettings, branding } });
  const values = new URLSearchParams({ 'text.b': `</textarea>${mark}`, comment: mark, shown: mark });
  const faults = [{ field: 'q.a', fault: 'missing' }] as const;
  const { html } = surveyPage(view, { outcome: 'invalid', values, faults });
  assert.doesNotMatch(html, /<script|<\/textarea>&lt;script|alert\("x"\)/);
  assert.match(html, /&lt;\/textarea&gt;&lt;script&gt;/);
});

test('a text that begins with a line end keeps it', () => {
  const values = new URLSearchParams({ comment: '\nOlá' });
  const { html } = surveyPage(viewOf(everyKind), { outcome: 'unavailable', values });
  assert.match(html, /<textarea id="comment"[^>]*>\n\nOlá<\/textarea>/);
});
