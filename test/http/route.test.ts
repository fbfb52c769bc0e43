// What every request goes through, whatever it is for: body, parameters, errors, headers.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import {
  HttpRequest,
  type HttpRequestInit,
  type HttpResponseInit,
  InvocationContext,
} from '@azure/functions';
import * as z from 'zod';
import { closeClients } from '../../shared/clients.ts';
import { MaloteError } from '../../shared/errors.ts';
import type { Reply } from '../../shared/http/answered.ts';
import { anyJsonObject, route } from '../../shared/http/route.ts';
import { audience, type Issuer, startIssuer } from './issuer.ts';

let issuer: Issuer;
const lines: string[] = [];

before(async () => {
  issuer = await startIssuer();
  // Nothing of this is connected to: the handlers below only answer.
  Object.assign(process.env, {
    ServiceBus:
      'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true;',
    COSMOS_ENDPOINT: 'https://127.0.0.1:1/',
    COSMOS_KEY: 'a2V5',
    BLOB_ENDPOINT: 'https://127.0.0.1:1/unused',
    ENTRA_ISSUER: issuer.url,
    ENTRA_AUDIENCE: audience,
    SECRET_KEY_CURRENT: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  });
});
after(async () => {
  await closeClients();
  await issuer.close();
});

type Answer = { status: number; headers: Record<string, string>; body: HttpResponseInit['body'] };

/** Calls a route's handler as Functions does, with its own request and context. */
async function call(handler: ReturnType<typeof route>, init: Partial<HttpRequestInit> = {}) {
  const request = new HttpRequest({
    method: 'POST',
    url: 'http://localhost/api/x',
    ...init,
    headers: { authorization: `Bearer ${await issuer.token({ roles: ['Admin'] })}`, ...init.headers },
  });
  const context = new InvocationContext({
    functionName: 'tested',
    invocationId: '00000000-0000-4000-8000-000000000001',
    logHandler: (_level, ...args) => void lines.push(args.join(' ')),
  });
  const answer = (await handler(request, context)) as Answer;
  const isProblem = answer.headers['content-type'] === 'application/problem+json';
  return isProblem && answer.body instanceof Readable ? { ...answer, body: await text(answer.body) } : answer;
}

const json = { 'content-type': 'application/json' };
const problemOf = ({ body }: Answer) => JSON.parse(String(body));
const echo = route({ roles: ['Admin'], body: anyJsonObject }, async ({ body }) => ({ json: body }));
const failing = (error: unknown) =>
  route({ roles: ['Admin'] }, async () => {
    throw error;
  });

test('a JSON body reaches the handler, in UTF-8 and with or without a byte order mark', async () => {
  for (const body of ['{"a": "ç"}', '\ufeff{"a": "ç"}']) {
    const answer = await call(echo, { body: { string: body }, headers: json });
    assert.deepEqual([answer.status, answer.body], [200, '{"a":"ç"}']);
  }
});

for (const [type, method, status] of [
  ['application/json', 'POST', 200],
  ['Application/JSON; charset="UTF-8"', 'POST', 200],
  ['application/merge-patch+json', 'PATCH', 200],
  ['application/json', 'PATCH', 200],
  ['application/merge-patch+json', 'POST', 415],
  ['application/json-patch+json', 'PATCH', 415],
  ['application/json; charset=iso-8859-1', 'POST', 415],
  ['text/plain', 'POST', 415],
  ['', 'POST', 415],
] as const) {
  test(`${method} with content type "${type}" answers ${status}`, async () => {
    const answer = await call(echo, { method, body: { string: '{}' }, headers: { 'content-type': type } });
    assert.equal(answer.status, status);
    if (status === 415) assert.equal(problemOf(answer).code, 'unsupported_media_type');
  });
}

for (const [body, says] of [
  ['', 'The body is empty; send a JSON object.'],
  [' \n', 'The body is empty; send a JSON object.'],
  ['[1]', 'The body must be a JSON object.'],
  ['null', 'The body must be a JSON object.'],
  ['{\n "password": abre-te}', 'The body is not JSON from line 2, column 14; correct it there.'],
] as const) {
  test(`a body of ${JSON.stringify(body)} is refused with where and what`, async () => {
    const answer = await call(echo, { body: { string: body }, headers: json });
    const problem = problemOf(answer);
    assert.deepEqual([answer.status, problem.code, problem.detail], [400, 'malformed_json', says]);
    assert.ok(!String(answer.body).includes('abre-te'));
  });
}

test('a body that is not UTF-8 is refused', async () => {
  const answer = await call(echo, { body: { bytes: Buffer.from('{"a": "\xe7"}', 'latin1') }, headers: json });
  assert.deepEqual([answer.status, problemOf(answer).detail], [400, 'The body is not UTF-8.']);
});

test('a body above 256 kB is refused', async () => {
  const bodyOf = (sizeBytes: number) => ({ string: `{"a":"${'x'.repeat(sizeBytes - 8)}"}` });
  assert.equal((await call(echo, { body: bodyOf(256 * 1024), headers: json })).status, 200);
  const answer = await call(echo, { body: bodyOf(256 * 1024 + 1), headers: json });
  assert.deepEqual([answer.status, problemOf(answer).code], [413, 'too_large']);
});

test('a body and parameters by schema are refused with every field', async () => {
  const strict = route(
    {
      roles: ['Admin'],
      query: z.strictObject({ n: z.coerce.number('must be a number').optional() }),
      body: z.strictObject({ a: z.string('must be a text'), b: z.boolean('must be true or false') }),
    },
    async ({ body, query }) => ({ json: { body, query } }),
  );
  const good = await call(strict, {
    query: { n: '5' },
    body: { string: '{"a":"x","b":true}' },
    headers: json,
  });
  assert.deepEqual(problemOf(good), { body: { a: 'x', b: true }, query: { n: 5 } });
  const body = problemOf(await call(strict, { body: { string: '{"a":1,"c":2}' }, headers: json }));
  assert.deepEqual(
    body.errors.map(({ field }: { field: string }) => field),
    ['a', 'b', 'c'],
  );
  const query = await call(strict, { query: { n: 'x', m: '1' }, body: { string: '{}' }, headers: json });
  assert.deepEqual([query.status, problemOf(query).code], [400, 'malformed_parameter']);
});

test('who may not call is told so before anything else is looked at', async () => {
  const init = { body: { string: 'not JSON' }, query: { x: 'unknown' } };
  const none = await call(echo, { ...init, headers: { authorization: '' } });
  assert.equal(none.status, 401);
  const headers = { authorization: `Bearer ${await issuer.token({ roles: ['Platform'] })}` };
  const refused = await call(echo, { ...init, headers });
  assert.equal(refused.status, 403);
});

test('why a token is not enough stands in the challenge', async () => {
  const expired = await issuer.token({}, { expiresAt: 1 });
  const refused = await call(echo, { headers: { authorization: `Bearer ${expired}` } });
  assert.equal(
    refused.headers['www-authenticate'],
    'Bearer realm="malote", error="invalid_token", error_description="The token is refused: it has expired."',
  );
});

test('a known error is a problem with its code, cure and time to wait', async () => {
  const error = new MaloteError('mailbox_throttled', 'The server asks to wait.', {
    cure: 'Wait a minute.',
    retryAfterMs: 1_500,
  });
  const answer = await call(failing(error));
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.equal(answer.headers['retry-after'], '2');
  assert.deepEqual(problemOf(answer), {
    title: 'Service Unavailable',
    status: 503,
    code: 'mailbox_throttled',
    detail: 'The server asks to wait.',
    instance: 'urn:uuid:00000000-0000-4000-8000-000000000001',
    cure: 'Wait a minute.',
  });
});

test('of an unknown failure the caller learns only where the log has it, and the log no words of it', async () => {
  lines.length = 0;
  const answer = await call(failing(new TypeError('abre-te sésamo')));
  const problem = problemOf(answer);
  assert.deepEqual([answer.status, problem.code], [500, 'internal']);
  assert.equal(problem.instance, 'urn:uuid:00000000-0000-4000-8000-000000000001');
  const [failed = ''] = lines.filter(line => line.includes('request-failed'));
  assert.match(failed, /"code":"internal".*TypeError at .*route\.test\.ts/);
  for (const text of [String(answer.body), ...lines]) assert.ok(!text.includes('abre-te'));
});

test('what is wrong with the settings is for the log, not for the caller', async () => {
  lines.length = 0;
  const answer = await call(failing(new MaloteError('misconfigured', 'COSMOS_ENDPOINT: is not set')));
  assert.equal(answer.status, 500);
  assert.ok(!String(answer.body).includes('COSMOS_ENDPOINT'));
  assert.ok(lines.some(line => line.includes('COSMOS_ENDPOINT: is not set')));
});

test('every response forbids caching and sniffing; a handler may say otherwise', async () => {
  const reply = (headers?: Record<string, string>) =>
    route({ roles: ['Admin'] }, async (): Promise<Reply> => ({ ...(headers && { headers }) }));
  const plain = await call(reply());
  assert.equal(plain.status, 204);
  assert.deepEqual(plain.headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  const other = await call(reply({ 'cache-control': 'private' }));
  assert.equal(other.headers['cache-control'], 'private');
  const refused = await call(failing(new MaloteError('not_found', 'No.')));
  assert.equal(refused.headers['cache-control'], 'no-store');
});

test('a stream is handed on as it is', async () => {
  const body = Readable.from(['raw']);
  const streaming = route({ roles: ['Admin'] }, async () => ({
    headers: { 'content-type': 'message/rfc822' },
    body,
  }));
  const answer = await call(streaming, { method: 'GET' });
  assert.deepEqual(
    [answer.status, answer.body, answer.headers['content-type']],
    [200, body, 'message/rfc822'],
  );
});

test('one fact is logged for a request, with its function, status and duration', async () => {
  lines.length = 0;
  await call(echo, { body: { string: '{}' }, headers: json });
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /^\{"event":"request","function":"tested","oid":"oid-of-ana","status":200,"durationMs":\d+\}$/,
  );
});

test('who was refused is in the log by the object id alone, and who sent no token not at all', async () => {
  lines.length = 0;
  const headers = { authorization: `Bearer ${await issuer.token({ roles: ['Platform'] })}` };
  assert.equal((await call(echo, { headers })).status, 403);
  assert.equal((await call(echo, { headers: { authorization: '' } })).status, 401);
  const [refused, , stranger] = lines.map(line => JSON.parse(line));
  assert.deepEqual(
    [refused.event, refused.oid, refused.code],
    ['request-refused', 'oid-of-ana', 'forbidden'],
  );
  assert.ok(!('oid' in stranger));
  assert.ok(!/Ana|contoso/.test(lines.join()));
});

for (const [body, field, says] of [
  ['{"a":"\\u0000"}', 'a', /contains a NUL character/],
  ['{"a":{"b":["x","\\ud800"]}}', 'a.b[1]', /half a character/],
  ['{"a\\udfff":1}', 'a\ufffd', /half a character/],
  ['{"__proto__":{"name":"x"}}', '__proto__', /is not a member that is known here/],
  ['{"a":{"__proto__":1}}', 'a.__proto__', /is not a member that is known here/],
  ['{"a":-1e999}', 'a', /larger than any number/],
  [
    `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`,
    Array.from({ length: 16 }, () => 'a').join('.'),
    /nested deeper than 16/,
  ],
  [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, `a${'[0]'.repeat(15)}`, /nested deeper than 16/],
] as const) {
  test(`what no store takes is refused by its field: ${body.slice(0, 40)}`, async () => {
    const answer = await call(echo, { body: { string: body }, headers: json });
    const problem = problemOf(answer);
    assert.deepEqual([answer.status, problem.code, problem.errors[0].field], [422, 'invalid', field]);
    assert.match(problem.errors[0].message, says);
  });
}

test('characters of all planes, and sixteen levels, are taken', async () => {
  const body = `${'{"a":'.repeat(15)}{"😀":"\\ud83d\\ude00 \uffff"}${'}'.repeat(15)}`;
  assert.equal((await call(echo, { body: { string: body }, headers: json })).status, 200);
});
