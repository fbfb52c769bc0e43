// The pages about connecting a mailbox: each whole in one language.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Language } from '../../shared/domain/settings.ts';
import { type ErrorCode, errorTraits, MaloteError } from '../../shared/errors.ts';
import { connectFailurePage, connectPage } from '../../shared/pages/connect-page.ts';

const languages: Language[] = ['pt-BR', 'en', 'es'];
const mailboxCodes = Object.entries(errorTraits).flatMap(([code, trait]) =>
  'mailbox' in trait ? [code as ErrorCode] : [],
);
const entraNumbers = [7000215, 7000222, 700027, 700016, 50011, 53003, 65001];

/** The sentences of a page, without what is the same in every language: codes and addresses. */
function sentences({ html, language }: { html: string; language: string }): string[] {
  assert.ok(html.includes(`<html lang="${language}">`));
  assert.equal(html.match(/ lang=/g)?.length, 1, 'no piece in another language');
  const title = /<title>(.*)<\/title>/.exec(html)?.[1];
  assert.ok(html.includes(`<h1>${title}</h1>`));
  return [`${title}`, ...[...html.matchAll(/<p>(.*)<\/p>/g)].map(([, text]) => `${text}`)];
}

const outcomes = [
  { outcome: 'connected', account: 'a@x.example', address: 'b@x.example' },
  { outcome: 'cannotOpen', account: 'a@x.example', address: 'b@x.example' },
  { outcome: 'declined', entraCode: 'AADSTS65004' },
  { outcome: 'stale' },
  ...mailboxCodes.map(code => ({
    outcome: 'failed' as const,
    error: new MaloteError(code, 'The server refused.', { cure: 'Check mailbox.host.' }),
  })),
  ...entraNumbers.map(number => ({
    outcome: 'failed' as const,
    error: new MaloteError('app_refused', `It refused. (AADSTS${number})`),
  })),
] as const;

for (const outcome of outcomes) {
  const what = 'error' in outcome ? `${outcome.error.code} ${outcome.error.message}` : outcome.outcome;
  test(`every sentence is in the language of the page: ${what}`, () => {
    const [portuguese = [], english = [], spanish = []] = languages.map(language =>
      sentences(connectPage(outcome, language)),
    );
    assert.ok(portuguese.length === english.length && english.length === spanish.length);
    for (const [index, sentence] of english.entries()) {
      assert.notEqual(portuguese[index], sentence);
      assert.notEqual(spanish[index], sentence);
      assert.notEqual(spanish[index], portuguese[index]);
      assert.ok(!/The server refused|Check mailbox/.test(sentence), 'the words for administrators stay away');
    }
    // A title, that it failed with its code, why, and what to do.
    if ('error' in outcome) assert.equal(english.length, 4, english.join(' | '));
  });
}

test('of a failure of ours no reason is told, in any language', () => {
  for (const language of languages) {
    const page = connectFailurePage(new MaloteError('internal', 'secret words'), 500, language);
    assert.equal(sentences(page).length, 3);
    assert.ok(!page.html.includes('secret words'));
  }
});

test("Entra's number is told where there is one", () => {
  const error = new MaloteError('app_refused', 'Entra ID refused: AADSTS90094: admin consent');
  for (const language of languages) {
    assert.match(connectPage({ outcome: 'failed', error }, language).html, /\(AADSTS90094\)<\/p>/);
  }
});
