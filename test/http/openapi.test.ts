// The API described, for programs and for people: every operation is in it, its example is answered as it says, its roles are those that are let in.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openApiOf, operations } from '../../shared/http/openapi/document.ts';
import { documentOf, randomFrom } from '../support/random.ts';
import { isSigned, type Place, startDescribedApi } from './described-api.ts';

const api = await startDescribedApi();
after(() => api.close());
const { document } = api;

const isRemoval = ({ operation }: Place) => operation.operationId.endsWith('-remove');
const isOfServices = ({ operation }: Place) => operation.operationId.startsWith('services');
/** What is removed goes last, and services before what they name. */
const rank = (place: Place) => (isRemoval(place) ? (isOfServices(place) ? 1 : 2) : 0);

test('a route of which nothing is said is not described in silence', () => {
  const stranger = { name: 'stranger', method: 'GET', route: 'api/stranger', handler: async () => ({}) };
  assert.throws(() => openApiOf([stranger]), /Nothing is said of "stranger"/);
});

test('the labels of administration screens are the titles of members, sent and answered', () => {
  const { ServiceWritten, ServicePatch, Service } = document.components.schemas;
  for (const schema of [ServiceWritten, ServicePatch, Service]) {
    const properties = schema?.properties as Record<string, { title: string }>;
    assert.equal(properties.approvalRequired?.title, 'Habilitar Filtro de E-mail');
    assert.equal(properties.readFrom?.title, 'Data Referência para Leitura de E-mails');
  }
});

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
  for (const { operation } of api.places) {
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

test('who has none of the roles that are named is refused, and whoever has one is not', async () => {
  const tokens = new Map<string, string>();
  for (const role of ['Admin', 'Supervisor', 'Platform'] as const) {
    tokens.set(role, `Bearer ${await api.issuer.token({ roles: [role] })}`);
  }
  for (const { method, path, operation } of api.places) {
    const allowed: string[] | undefined = operation['x-roles'];
    const address = path.replaceAll(/\{\w+\}/g, 'nobody');
    const statusFor = async (authorization?: string) => {
      const headers = { 'content-type': 'text/plain', ...(authorization && { authorization }) };
      const body = method === 'GET' ? {} : { body: 'x' };
      return (await fetch(api.url + address, { method, headers, ...body })).status;
    };
    if (isSigned(operation)) {
      for (const token of [undefined, ...tokens.values()]) assert.equal(await statusFor(token), 401);
      continue;
    }
    assert.equal((await statusFor()) === 401, allowed !== undefined, operation.operationId);
    for (const [role, token] of tokens) {
      const isRefused = (await statusFor(token)) === 403;
      assert.equal(isRefused, !(allowed?.includes(role) ?? true), `${operation.operationId} as ${role}`);
    }
  }
});

test('the example of every operation is answered by what is described', async () => {
  const places = api.places.toSorted((one, other) => rank(one) - rank(other));
  for (const place of places) {
    const id = place.operation.operationId;
    // The others were created by their examples.
    if (id === 'services-create') continue;
    const sent = await api.exampleOf(place);
    const response = await api.send(sent);
    const text = await response.text();
    const what = `${id}: ${sent.method} ${sent.path} ${sent.body ?? ''} => ${response.status} ${text.slice(0, 2_000)}`;
    if (id.endsWith('-put')) assert.equal(response.status, 428, what);
    else {
      assert.ok(response.status >= 200 && response.status < 300, what);
      const answer = operations[id]?.answers[response.status];
      assert.ok(answer, what);
      const type = response.headers.get('content-type')?.split(';')[0];
      if (answer.json) {
        assert.equal(type, 'application/json', what);
        const json = JSON.parse(text);
        const parsed = answer.json.safeParse(json);
        assert.ok(parsed.success, `${what} ${parsed.error?.message}`);
        // What is not described is gone from it.
        assert.deepEqual(parsed.data, json, what);
      } else if (answer.type && answer.type !== '*/*') assert.equal(type, answer.type, what);
      for (const header of answer.headers ?? []) assert.ok(response.headers.get(header), `${what} ${header}`);
    }
  }
});

test('a document made at random from what is described is never a failure of ours', async () => {
  await api.prepare();
  const random = randomFrom(7);
  const tokens = new Map<string, string>();
  const tokenOf = async (role: 'Admin' | 'Supervisor' | 'Platform') => {
    const token = tokens.get(role) ?? `Bearer ${await api.issuer.token({ roles: [role] })}`;
    tokens.set(role, token);
    return token;
  };
  const oddIds = ['nobody', '..', '%00', '%ZZ', 'a%2Fb', `um.${'0'.repeat(64)}`, 'x'.repeat(300)];
  const seen = new Set<number>();
  for (const place of api.places.filter(place => !isRemoval(place) && place.path !== '/api/oauth/callback')) {
    const { parameters = [], requestBody } = place.operation;
    const [type = '', content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    for (let round = 0; round < 4; round++) {
      const path = place.path.replaceAll(/\{(\w+)\}/g, (_, name) => {
        const example = String(parameters.find(parameter => parameter.name === name)?.example);
        return random.next() < 0.7 ? api.real(example) : random.pick(oddIds);
      });
      const query = parameters
        .filter(parameter => parameter.in === 'query' && random.next() < 0.5)
        .map(({ name, schema }) => {
          const value = String(documentOf(random, schema, document));
          return [name, value.toWellFormed().slice(0, 500)] satisfies [string, string];
        });
      const search = new URLSearchParams(query);
      const role = place.operation['x-roles']?.[0];
      const body = content && JSON.stringify(documentOf(random, content.schema, document));
      const sent = {
        method: place.method,
        path: `${path}?${search}`,
        headers: {
          ...api.signed(place, body),
          ...(role && { authorization: await tokenOf(role) }),
          ...(content && { 'content-type': type }),
          'if-match': random.pick(['*', '"x"', 'x']),
        },
        ...(body !== undefined && { body }),
      };
      const response = await api.send(sent);
      const text = await response.text();
      seen.add(response.status);
      const isElsewhere = place.path.endsWith('/oauth/start') && response.status === 502;
      assert.ok(
        response.status < 500 || isElsewhere,
        `${JSON.stringify(sent)} => ${response.status} ${text}`,
      );
    }
  }
  for (const status of [200, 400, 404, 422]) assert.ok(seen.has(status), [...seen].join());
});
