// What anyone may read: the front page, and the API described for people and for programs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Api, startApi } from '../http/api.ts';

let api: Api;

before(async () => {
  api = await startApi({}, ['docs', 'mails', 'held', 'health', 'oauth', 'service-mailbox']);
});
after(() => api.close());

async function page(path: string, language = 'en') {
  const response = await fetch(api.url + path, { headers: { 'accept-language': language } });
  return { status: response.status, headers: response.headers, html: await response.text() };
}

function assertLoadsNothing(html: string, headers: Headers): void {
  assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/);
  assert.doesNotMatch(html, /<script|<link|<img|<iframe|<form|\ssrc=|@import|url\(/);
}

test('the front page says in the language of the browser what this is, and where to go', async () => {
  for (const [language, words] of [
    ['pt-BR', 'caixas postais'],
    ['en', 'mailboxes'],
    ['es', 'buzones'],
  ] as const) {
    const { status, headers, html } = await page('/', language);
    assert.deepEqual([status, headers.get('content-language')], [200, language]);
    assert.ok(html.includes(words) && html.includes(`<html lang="${language}">`), html);
    assertLoadsNothing(html, headers);
    for (const [, address = ''] of html.matchAll(/href="([^"]+)"/g)) {
      assert.notEqual((await page(`/${address}`)).status, 404, address);
    }
  }
  assert.equal((await page('/', 'fr')).headers.get('content-language'), 'pt-BR');
});

test('the page of the API has every operation, and loads nothing', async () => {
  const { status, headers, html } = await page('/api/docs');
  assert.equal(status, 200);
  assertLoadsNothing(html, headers);
  const document = JSON.parse((await page('/api/openapi.json')).html);
  for (const operation of Object.values<object>(document.paths).flatMap(Object.values)) {
    assert.ok(html.includes(`<details id="${operation.operationId}">`), operation.operationId);
  }
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  const wanted = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
  assert.ok(wanted.length > 20);
  assert.deepEqual(
    wanted.filter(id => !ids.has(id)),
    [],
  );
  assert.ok(html.includes('Habilitar Filtro de E-mail'));
  // As it is in JSON, and not as HTML of its own.
  assert.doesNotMatch(html, /\[object Object\]|undefined/);
});
