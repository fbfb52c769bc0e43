// The page of a survey over HTTP: what its states answer, what is recorded, and that looking records nothing.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Answer } from '../../shared/domain/survey/answer.ts';
import { type Api, startApi } from '../http/api.ts';
import { invitation } from '../support/invitation.ts';
import { inDays, invite, visitorOf } from '../support/survey-visitor.ts';

let api: Api;
before(async () => {
  api = await startApi({}, ['survey-page']);
});
after(() => api.close());
afterEach(() => api.databaseFaults.clear());

const good = { 'q.satisfaction': '5', comment: 'Ótimo atendimento' };
const answerOf = (changes: Partial<Answer> = {}): Answer => ({
  answeredAt: inDays(0),
  answeredDay: '2026-03-02',
  changedAt: null,
  changes: 0,
  language: 'pt-BR',
  answers: [{ questionId: 'satisfaction', kind: 'csat', question: 'Como?', value: 4 }],
  comment: null,
  suspect: false,
  alert: false,
  ...changes,
});

test('an open survey is shown in its language, and answered once: the page then says so', async () => {
  const visitor = await invite(api, { alertBelow: 3 });
  const page = await visitor.open();
  assert.equal(page.status, 200);
  assert.match(page.html, /<html lang="pt-BR">.*Como você avalia.*1 – Péssimo/s);
  const posted = await visitor.post({ ...good, 'q.satisfaction': '2' });
  assert.deepEqual([posted.status, posted.headers.get('location')], [303, '?lang=pt-BR']);
  const kept = await visitor.kept();
  const { answeredAt, answeredDay, ...answer } = kept.answer as Answer;
  assert.deepEqual(answer, {
    changedAt: null,
    changes: 0,
    language: 'pt-BR',
    answers: [
      {
        questionId: 'satisfaction',
        kind: 'csat',
        question: 'Como você avalia o nosso atendimento?',
        value: 2,
      },
    ],
    comment: 'Ótimo atendimento',
    suspect: false,
    alert: true,
  });
  assert.equal(answeredDay, new Date(answeredAt).toLocaleDateString('sv', { timeZone: 'America/Sao_Paulo' }));
  assert.equal(kept.uncountedSince, answeredAt);
  assert.deepEqual(kept.posts, [answeredAt]);
  assert.equal(kept.untold, undefined);
  const thanked = await visitor.open();
  assert.equal(thanked.status, 200);
  assert.match(thanked.html, /Agradecemos a sua resposta.*value="2" checked.*Ótimo atendimento<\/textarea>/s);
});

test('what every page says to browsers and crawlers', async () => {
  const { headers } = await (await invite(api)).open();
  const policy = headers.get('content-security-policy') ?? '';
  assert.match(
    policy,
    /^default-src 'none'; style-src 'sha256-[^']+'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  );
  for (const [name, value] of [
    ['referrer-policy', 'same-origin'],
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
    ['x-robots-tag', 'noindex, nofollow'],
    ['content-type', 'text/html; charset=utf-8'],
    ['set-cookie', null],
  ] as const) {
    assert.equal(headers.get(name), value, name);
  }
});

test('looking records nothing, however it is done; a choice of the link is chosen until there is an answer', async () => {
  const visitor = await invite(api);
  const before = await visitor.kept();
  for (const method of ['HEAD', 'GET']) {
    for (const query of ['', '?r=4', '?r=4&lang=es', '?lang=xx', '?q.satisfaction=3&optOut=yes']) {
      const { status, html } = await visitor.open(query, method);
      assert.deepEqual([status, html === ''], [200, method === 'HEAD'], `${method} ${query}`);
    }
  }
  assert.deepEqual(await visitor.kept(), before);
  assert.match((await visitor.open('?r=4')).html, /value="4" checked/);
  assert.match((await visitor.open('?r=4')).html, /href="\?r=4&amp;lang=es"/);
  for (const r of ['6', '0', 'x', '"><b>']) {
    const { html } = await visitor.open(`?r=${encodeURIComponent(r)}`);
    assert.doesNotMatch(html, /checked|"><b>/, r);
  }
  const answered = await invite(api, { answer: answerOf() });
  assert.doesNotMatch((await answered.open('?r=1')).html, /value="1" checked/);
});

test('another language is kept through a post, and the answer keeps the words that were read', async () => {
  const visitor = await invite(api);
  assert.match((await visitor.open('?lang=en')).html, /<html lang="en">.*1 – Very poor/s);
  const posted = await visitor.post(good, '?lang=en');
  assert.equal(posted.headers.get('location'), '?lang=en');
  const { answer } = await visitor.kept();
  assert.equal(answer?.language, 'en');
  assert.match(answer?.answers[0]?.question ?? '', /^How do you rate/);
});

test('what is missing or no choice is told beside its field, and what was typed stays', async () => {
  const visitor = await invite(api);
  for (const wrong of ['', '9', 'x']) {
    const { status, html } = await visitor.post({ 'q.satisfaction': wrong, comment: '<b>Olá</b>' });
    assert.equal(status, 422);
    assert.match(html, /<a href="#q-satisfaction">/);
    assert.match(html, /aria-invalid="true" aria-describedby="e-q-satisfaction"/);
    assert.match(html, /&lt;b&gt;Olá&lt;\/b&gt;<\/textarea>/);
  }
  const long = await visitor.post({ ...good, comment: 'x'.repeat(1_001) });
  assert.equal(long.status, 422);
  assert.equal((await visitor.kept()).answer, null);
});

test('a comment is refused where the service wants none', async () => {
  const { survey } = invitation();
  const visitor = await invite(api, { survey: { ...survey, commentDisabled: true } });
  assert.doesNotMatch((await visitor.open()).html, /name="comment"/);
  assert.equal((await visitor.post(good)).status, 422);
  assert.equal((await visitor.post({ 'q.satisfaction': '5' })).status, 303);
});

test('an answer may be changed as long as it is told; the same one again is no change', async () => {
  const visitor = await invite(api);
  await visitor.post(good);
  const first = await visitor.kept();
  assert.equal((await visitor.post(good)).status, 303);
  assert.deepEqual(await visitor.kept(), first);
  assert.equal((await visitor.post({ ...good, 'q.satisfaction': '3' })).status, 303);
  const { answer } = await visitor.kept();
  assert.deepEqual([answer?.changes, answer?.answeredAt], [1, first.answer?.answeredAt]);
  assert.equal(answer?.answers[0]?.value, 3);
});

test('an answer that can be changed no more stays, also after the end', async () => {
  for (const expiresAt of [inDays(1), inDays(-1)]) {
    const visitor = await invite(api, { answer: answerOf({ answeredAt: inDays(-2) }), expiresAt });
    const page = await visitor.open();
    assert.equal(page.status, 200);
    assert.match(page.html, /já não pode ser alterada/);
    assert.doesNotMatch(page.html, /<textarea/);
    const late = await visitor.post(good);
    assert.deepEqual([late.status, /chegou tarde demais/.test(late.html)], [200, true]);
    assert.equal((await visitor.kept()).answer?.answers[0]?.value, 4);
  }
});

test('after its end a survey is gone: 410, to look at and to post to', async () => {
  const visitor = await invite(api, { expiresAt: inDays(-1) });
  assert.equal((await visitor.open()).status, 410);
  assert.equal((await visitor.post(good)).status, 410);
  assert.equal((await visitor.kept()).answer, null);
});

test('what is not there, suppressed, forgotten or malformed is the same page to the byte', async () => {
  const known = await invite(api);
  const suppressed = await invite(api, { suppressed: 'opted_out' });
  const missing = visitorOf(api, invitation({ attendanceId: 'never' }));
  const forgotten = invitation({ attendanceId: 'forgotten' });
  const { invitationId } = forgotten;
  await api.database.surveys.items.create({
    id: 'invitation',
    pk: invitationId,
    kind: 'forgotten',
    invitationId,
  });
  const paths = [
    suppressed.token,
    missing.token,
    visitorOf(api, forgotten).token,
    `${known.token.slice(0, -1)}${known.token.endsWith('A') ? 'B' : 'A'}`,
    'x',
    '%00',
    '%ZZ',
    'a%2Fb',
    'x'.repeat(2_000),
  ];
  const bodies = new Set<string>();
  for (const path of paths) {
    for (const method of ['GET', 'POST']) {
      const init = method === 'POST' ? { body: new URLSearchParams(good) } : {};
      const headers = { 'accept-language': 'es' };
      const response = await fetch(`${api.url}/s/${path}`, { method, headers, ...init });
      assert.deepEqual([response.status, response.headers.get('content-language')], [404, 'es'], path);
      bodies.add(await response.text());
    }
  }
  assert.equal(bodies.size, 1);
  assert.doesNotMatch([...bodies].join(), /SAC|<form/);
});

test('who fills in what nobody sees, or sends sooner than one can read, is suspected, and told nothing of it', async () => {
  const inAnyCase = { ...good, comment: '' };
  for (const [why, values] of [
    ['trapped', { website: 'http://spam.example' }],
    ['no time', { shown: '' }],
    ['forged', { shown: `${Date.now().toString(36)}.${'A'.repeat(22)}` }],
    [
      'of another',
      { shown: /name="shown" value="([^"]+)"/.exec((await (await invite(api)).open()).html)![1]! },
    ],
  ] as const) {
    const visitor = await invite(api);
    assert.equal((await visitor.post({ ...inAnyCase, ...values })).status, 303, why);
    assert.equal((await visitor.kept()).answer?.suspect, true, why);
  }
  const quick = await invite(api);
  const [, shown = ''] = /name="shown" value="([^"]+)"/.exec((await quick.open()).html) ?? [];
  await quick.post({ ...inAnyCase, shown });
  assert.equal((await quick.kept()).answer?.suspect, true);
});

test('ten posts an hour: of those that write, and of those that write nothing', async () => {
  const writer = await invite(api, { posts: Array.from({ length: 10 }, () => inDays(0)) });
  const refused = await writer.post(good);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '3600']);
  assert.match(refused.html, /value="5" checked.*Ótimo atendimento<\/textarea>/s);
  assert.equal((await writer.kept()).answer, null);
  const idle = await invite(api);
  const unknown = visitorOf(api, invitation({ attendanceId: 'nobody' }));
  for (const [visitor, usual] of [
    [idle, 422],
    [unknown, 404],
  ] as const) {
    for (let n = 0; n < 10; n++) assert.equal((await visitor.post({ comment: 'Olá' })).status, usual);
    const { status, html } = await visitor.post({ comment: 'Olá' });
    assert.equal(status, 429);
    assert.match(html, /Olá<\/textarea>/);
  }
  const old = await invite(api, { posts: Array.from({ length: 10 }, () => inDays(-0.05)) });
  assert.equal((await old.post(good)).status, 303);
});

test('a hundred posts at once leave one answer; of different ones one is the first and the others change it', async () => {
  const visitor = await invite(api);
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async () => (await visitor.post(good)).status),
  );
  assert.equal(statuses.filter(status => status === 303).length, 10);
  assert.equal(statuses.filter(status => status === 429).length, 90);
  assert.equal((await visitor.kept()).answer?.changes, 0);
  const other = await invite(api);
  const scores = ['1', '2', '3', '4', '5'];
  const answers = await Promise.all(scores.map(score => other.post({ 'q.satisfaction': score })));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([303]));
  assert.equal((await other.kept()).answer?.changes, 4);
});

test('who wishes not to be asked again is told that it is noted, and is not asked to wish it twice', async () => {
  const visitor = await invite(api, { addressHash: 'a'.repeat(16) });
  assert.match((await visitor.open()).html, /name="optOut"/);
  assert.equal((await visitor.post({ optOut: 'yes' })).status, 303);
  const kept = await visitor.kept();
  assert.ok(kept.optedOutAt);
  assert.equal(kept.uncountedSince, undefined);
  const person = api.database.surveys.item('optedOut', `person:${'a'.repeat(16)}`);
  assert.equal((await person.read()).resource?.at, kept.optedOutAt);
  const page = await visitor.open();
  assert.match(page.html, /Você não receberá mais pesquisas/);
  assert.doesNotMatch(page.html, /name="optOut"/);
  await visitor.post({ optOut: 'yes' });
  assert.deepEqual(await visitor.kept(), kept);
  assert.equal((await visitor.post(good)).status, 303);
  const anonymous = await invite(api);
  assert.doesNotMatch((await anonymous.open()).html, /name="optOut"/);
  await anonymous.post({ optOut: 'yes' });
  assert.equal((await anonymous.kept()).optedOutAt, undefined);
});

test('what is no form, or too much of one, is refused by a page', async () => {
  const { token, kept } = await invite(api);
  const post = (init: RequestInit) => fetch(`${api.url}/s/${token}`, { method: 'POST', ...init });
  const json = await post({ body: '{}', headers: { 'content-type': 'application/json' } });
  const large = await post({ body: new URLSearchParams({ comment: 'x'.repeat(9_000) }) });
  assert.deepEqual([json.status, large.status], [415, 413]);
  for (const response of [json, large]) assert.match(await response.text(), /<h1>Algo não funcionou<\/h1>/);
  assert.equal((await kept()).answer, null);
});

test('with the database away nothing typed is lost, and it can be sent again', async () => {
  const visitor = await invite(api);
  api.databaseFaults.add({ on: 'batch surveys', action: 'refuse' });
  const unwritten = await visitor.post(good);
  assert.deepEqual([unwritten.status, unwritten.headers.get('retry-after')], [503, '30']);
  assert.match(unwritten.html, /value="5" checked.*Ótimo atendimento<\/textarea>/s);
  api.databaseFaults.clear();
  api.databaseFaults.add({ on: 'read surveys', action: 'refuse' });
  const unread = await visitor.post(good, '?lang=en');
  assert.equal(unread.status, 503);
  assert.match(unread.html, /name="q.satisfaction" value="5".*Ótimo atendimento<\/textarea>.*Send again/s);
  const page = await visitor.open();
  assert.equal(page.status, 503);
  assert.doesNotMatch(page.html, /<form/);
  api.databaseFaults.clear();
  assert.equal((await visitor.post(good)).status, 303);
});

test('no token, address or word of an answer is logged', async () => {
  const visitor = await invite(api);
  await visitor.open();
  await visitor.post({ ...good, comment: 'palavra-secreta' });
  assert.ok(api.logged().includes('survey-answer'));
  assert.ok(!api.logged().includes(visitor.token.slice(22)));
  assert.ok(!api.logged().includes('palavra-secreta'));
});
