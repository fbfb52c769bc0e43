// The invitation as a customer's mail program shows it: words of their language, nothing loaded, nothing of anybody's that could act.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Language } from '../../shared/domain/settings.ts';
import type { Invitation } from '../../shared/domain/survey/invitation.ts';
import { readyInvitation } from '../../shared/pages/invitation.ts';
import { invitation } from '../support/invitation.ts';

const link = 'https://pesquisa.example/s/TOKEN';
const ready = (changes: Partial<Invitation> = {}, sender = 'Loja') =>
  readyInvitation({ invitation: invitation(changes), link, sender, timeZone: 'America/Sao_Paulo' });
const { survey } = invitation();
const hrefsIn = (html: string) => [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);

for (const [language, word, day] of [
  ['pt-BR', '5 &ndash; Ótimo', 'até 16 de março de 2026'],
  ['en', '5 &ndash; Very good', 'until March 16, 2026'],
  ['es', '5 &ndash; Muy buena', 'hasta el 16 de marzo de 2026'],
] as const satisfies [Language, string, string][]) {
  test(`in ${language} it has the question, each choice in words as a link, and until when`, () => {
    const { subject, text, html } = ready({ language, customerName: 'Ana' });
    assert.ok(subject.startsWith('Loja: '));
    assert.ok(html.includes(`<html lang="${language}">`) && html.includes(word) && html.includes(day), html);
    assert.ok(text.includes(day) && text.includes(link) && /\bAna\b/.test(text), text);
    assert.deepEqual(hrefsIn(html), [...[1, 2, 3, 4, 5].map(r => `${link}?r=${r}`), link]);
    assert.ok(!/[<>]|&\w+;/.test(text));
  });
}

test('its last day is that of the company', () => {
  const expiresAt = '2026-03-16T01:00:00.000Z';
  assert.ok(ready({ expiresAt }).text.includes('15 de março de 2026'));
});

test('a custom survey is one link to its questions, which may be of any kind', () => {
  const questions = [{ id: 'a', type: 'csat', text: 'E o prazo?', required: true }] as const;
  const { text, html } = ready({ survey: { ...survey, type: 'custom', questions: [...questions] } });
  assert.deepEqual(hrefsIn(html), [link]);
  assert.ok(!html.includes('E o prazo?') && !text.includes('E o prazo?'));
});

test('the words of a service stand in the place of the built-in ones', () => {
  const [question] = survey.questions;
  assert.ok(question);
  const own = { ...survey, linkText: 'Diga o que achou', questions: [{ ...question, text: 'Gostou?' }] };
  const { text, html } = ready({ survey: own });
  assert.ok(text.includes('Gostou?') && html.includes('Gostou?') && html.includes('>Diga o que achou</a>'));
});

describe('nothing in it acts or loads', () => {
  test('whatever names and texts say', () => {
    const evil = '"><script>x()</script><img src=x onerror=x()>';
    const [question] = survey.questions;
    assert.ok(question);
    const own = { ...survey, linkText: evil, questions: [{ ...question, text: evil }] };
    const { html } = ready({ customerName: evil, survey: own }, evil);
    assert.doesNotMatch(html, /<script|<img|<link|<iframe|<form|<[^>]*\ssrc=|<style|url\(/);
    assert.equal(hrefsIn(html).length, 6);
  });

  test('and it is small', () => {
    assert.ok(Buffer.byteLength(ready().html) < 4_000);
  });
});
