// Hundreds of requests that nobody would write, to every route: none is our failure, and each refusal says what to do.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import type { Role } from '../../shared/http/token.ts';
import { randomFrom } from '../support/random.ts';
import { type Api, serviceNamed, startApi } from './api.ts';

let api: Api;
let tokens: Record<Role, string>;
let ids: { service: string; group: string; etag: string };

before(async () => {
  api = await startApi({}, [
    'audit',
    'configuration',
    'erasures',
    'mails',
    'oauth',
    'replays',
    'service-mailbox',
  ]);
  const group = await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
  const service = await api.call('POST', '/api/services', {
    body: { ...serviceNamed('Provado', 'vendas'), active: false },
  });
  ids = { service: service.json.id, group: 'vendas', etag: group.etag };
  tokens = Object.fromEntries(
    await Promise.all(
      (['Admin', 'Supervisor', 'Platform'] as const).map(async role => [
        role,
        await api.issuer.token({ roles: [role] }),
      ]),
    ),
  );
});
after(() => api.close());

/** Every route. Where the mails themselves are, there is nothing here: no key that a mail could have is asked for there. */
const pathsOf = (id: string, of = id.replace(/^um\./, 'um-')): [method: string, path: string][] => [
  ['GET', '/api/services'],
  ['POST', '/api/services'],
  ['GET', `/api/services/${id}`],
  ['PATCH', `/api/services/${id}`],
  ['DELETE', `/api/services/${id}`],
  ['POST', `/api/services/${id}/fetch`],
  ['GET', `/api/services/${id}/status`],
  ['POST', '/api/services/test'],
  ['POST', `/api/services/${id}/test`],
  ['POST', `/api/services/${id}/oauth/start`],
  ['GET', '/api/oauth/callback'],
  ['GET', '/api/groups'],
  ['GET', `/api/groups/${id}`],
  ['PUT', `/api/groups/${id}`],
  ['DELETE', `/api/groups/${id}`],
  ['POST', '/api/erasures'],
  ['GET', `/api/erasures/${id}`],
  ['GET', '/api/configuration'],
  ['POST', '/api/configuration'],
  ['GET', '/api/settings'],
  ['PATCH', '/api/settings'],
  ['GET', '/api/audit'],
  ['POST', '/api/events/test'],
  ['GET', '/api/mails'],
  ['GET', `/api/mails/${id}`],
  ['POST', '/api/mails/replay'],
  ['GET', `/api/replays/${id}`],
  ['POST', `/api/replays/${id}/stop`],
  ['POST', `/api/mails/${of}/replay`],
  ['GET', `/api/mails/${of}/body`],
  ['GET', `/api/mails/${of}/raw`],
  ['GET', `/api/mails/${of}/attachments/${id}`],
  ['GET', `/api/mails/${of}/data/${id}`],
];

const oddTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\u202e',
  'ﬀ😀'.repeat(50),
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  'a/b\\c?d#e',
  "'; DROP TABLE c; --",
  '@pk',
  'fe80::1%eth0',
  '::1',
  '[::1]:993',
  'http://x/',
  '1e999',
  '0x10',
  '9999-12-31T23:59:59-23:59',
  '0000-01-01',
  '+275760-09-13',
  'INBOX',
  'x'.repeat(70_000),
];
const oddIds = [
  'nobody',
  'unsaved',
  '.',
  '..',
  '%2e%2e',
  '%2F',
  'a%2Fb',
  '%5C',
  'a%23b',
  'a%3Fb',
  '%00',
  '%0d%0ax:y',
  '%ZZ',
  '%',
  '%ED%A0%80',
  '%FF',
  '%E2%80%AE',
  '%7C',
  '__proto__',
  'constructor',
  '*',
  "'",
  '%22',
  '0',
  '-1',
  'x'.repeat(300),
  'x'.repeat(2_000),
  `um.${'0'.repeat(64)}`,
  `um.${'0'.repeat(64)}%0a`,
];
const names = [
  'limit',
  'cursor',
  'from',
  'words',
  'serviceId',
  'state',
  'code',
  'error',
  'error_description',
  'page',
  '__proto__',
  '',
  '%00',
];
const headers: [name: string, values: string[]][] = [
  ['if-match', ['*', '"x"', 'x', 'W/"x"', '', ',', '"', '"a","b', '*,*', '\u00ff', `"${'x'.repeat(5_000)}"`]],
  [
    'content-type',
    ['text/plain', 'application/json; charset=utf-16', ';', 'application/merge-patch+json', ''],
  ],
  ['accept-language', ['*', ';q=', 'xx-'.repeat(200), 'pt;q=9,en;q=-1', '\u00e9']],
  ['authorization', ['', 'Bearer', 'Bearer x', 'Bearer a.b.c', `Bearer ${'x'.repeat(5_000)}`, 'Basic eDp5']],
  ['x-ms-continuation', ['x']],
];
const rawBodies = [
  '',
  '{',
  '[]',
  '"x"',
  'null',
  '1e999',
  '{"a":',
  '\u00ff',
  '{"name":"\ud800"}',
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  `{"name":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
];

/** A value in the place of another, such as a caller's program would make by mistake, or by intent. */
function spoiled(value: unknown, random: () => number, depth = 0): unknown {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  if (typeof value === 'object' && value !== null && random() < 0.85 - depth * 0.05) {
    if (Array.isArray(value))
      return [...value.map(item => spoiled(item, random, depth + 1)), ...(random() < 0.2 ? [value[0]] : [])];
    const entries = Object.entries(value);
    const chosen = Math.floor(random() * entries.length);
    const changed = entries.map(([name, member], index) => [
      random() < 0.03 ? pick(oddTexts) : name,
      index === chosen || random() < 0.1 ? spoiled(member, random, depth + 1) : member,
    ]);
    return Object.fromEntries(random() < 0.1 ? [...changed, [pick(oddTexts), pick(oddTexts)]] : changed);
  }
  return pick([
    null,
    true,
    0,
    -1,
    1.5,
    1e21,
    Number.MAX_SAFE_INTEGER + 2,
    [],
    [[]],
    {},
    { a: [{ b: {} }] },
    [null],
    ...oddTexts,
    ...oddTexts,
  ]);
}

function documentsFor(path: string): object[] {
  const imap = {
    ...serviceNamed('Outro', 'vendas'),
    survey: { type: 'none' },
    active: false,
    pollSeconds: 60,
  };
  const auth = {
    type: 'oauth',
    flow: 'authorizationCode',
    tenantId: 'x.example',
    clientId: 'x',
    clientSecret: 'y',
    clientSecretExpiresAt: '2027-01-01',
    redirectUri: 'z',
  };
  const graph = {
    ...imap,
    mailbox: { protocol: 'graph', address: 'a@x.example', afterRead: { action: 'delete' }, auth },
  };
  const pop3 = {
    ...imap,
    mailbox: {
      ...imap.mailbox,
      protocol: 'pop3',
      afterRead: { action: 'delete' },
      port: 995,
      caCertificate: 'x',
    },
  };
  const survey = {
    ...imap,
    survey: {
      type: 'custom',
      questions: [{ type: 'choice', text: 'x', choices: ['a', 'b'] }],
      commentDisabled: true,
    },
  };
  if (path.includes('groups')) return [{ name: 'x', obsolete: false }];
  if (path.includes('settings')) {
    return [
      {
        publicUrl: 'https://x.example',
        defaultLanguage: 'en',
        timeZone: 'UTC',
        // No logo: each would be fetched.
        branding: { name: 'x', accent: '#0b57a4', privacyUrl: 'https://x/' },
        retentionDays: { mails: 5 },
      },
    ];
  }
  return [imap, graph, pop3, survey];
}

type Sent = { method: string; path: string; headers: Record<string, string>; body: string | undefined };
type Got = { status: number; type: string; text: string };

/** Over a socket of its own, so that addresses and headers go out as they are. */
function send({ method, path, headers, body }: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const url = new URL(api.url);
    const options = { host: url.hostname, port: url.port, method, path, headers, agent: false };
    const outgoing = request(options, response => {
      const chunks: Buffer[] = [];
      response.on('data', chunk => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const type = String(response.headers['content-type']).split(';')[0] ?? '';
        resolve({ status: response.statusCode ?? 0, type, text: Buffer.concat(chunks).toString() });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function requestsFrom(seed: number, count: number): Sent[] {
  const { next: random, pick } = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const id = random() < 0.45 ? ids.service : random() < 0.2 ? ids.group : pick(oddIds);
    const [method, route] = pick(pathsOf(id));
    const encoded = (text: string) =>
      random() < 0.1 ? pick(oddIds) : encodeURIComponent(text.toWellFormed().slice(0, 3_000));
    const cursor = () =>
      Buffer.from(JSON.stringify(pick([['a'], [1], 'a', ['\0'], ['a', 'b'], {}, [['a']], pick(oddTexts)])))
        .toString('base64url')
        .slice(0, 3_000);
    const query = Array.from({ length: random() < 0.4 ? 1 + Math.floor(random() * 2) : 0 }, () => {
      const name = pick(names);
      return `${name}=${name === 'cursor' && random() < 0.6 ? cursor() : encoded(pick(oddTexts))}`;
    });
    const own = random() < 0.3 ? pick(headers) : undefined;
    const documents = documentsFor(route);
    const body =
      method === 'GET' || method === 'DELETE'
        ? random() < 0.05
          ? 'x'
          : undefined
        : random() < 0.1
          ? pick(rawBodies)
          : JSON.stringify(spoiled(pick(documents), random));
    const size: Record<string, string> =
      body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
    return {
      method,
      path: `${route}${query.length > 0 ? `?${query.join('&')}` : ''}`,
      headers: {
        authorization: `Bearer ${tokens[random() < 0.8 ? 'Admin' : pick(['Supervisor', 'Platform'] as const)]}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(random() < 0.7 && { 'if-match': random() < 0.5 ? '*' : ids.etag }),
        ...(own && { [own[0]]: pick(own[1]) }),
        ...size,
      },
      body,
    };
  });
}

for (const seed of [1, 2, 3]) {
  test(`whatever is asked, the answer is no failure of ours, and says what to do (seed ${seed})`, async () => {
    const sent = requestsFrom(seed, 300);
    const seen = new Map<number, number>();
    for (const one of sent) {
      // Nothing of this is real: what passes the rules would be looked for in the DNS, or at Microsoft.
      const isWritten =
        /\/(test|oauth\/start)$/.test(one.path) && one.headers.authorization?.endsWith(tokens.Admin);
      const got = await send(one);
      const what = `${one.method} ${one.path.slice(0, 200)} ${JSON.stringify(one.headers).slice(0, 300)} ${one.body?.slice(0, 600)} => ${got.status} ${got.text.slice(0, 600)}`;
      seen.set(got.status, (seen.get(got.status) ?? 0) + 1);
      assert.ok(got.status < 500 || (isWritten && got.status === 502), what);
      // Without a body a route that does not exist is refused by the host, and not by us.
      if (got.status < 400 || got.text === '' || got.type === 'text/html') continue;
      assert.equal(got.type, 'application/problem+json', what);
      const problem = JSON.parse(got.text);
      assert.equal(problem.status, got.status, what);
      assert.ok(typeof problem.detail === 'string' && problem.detail.length > 10, what);
      for (const { field, message } of problem.errors ?? [])
        assert.ok(field !== undefined && message.length > 10, what);
      if (got.status === 422 || problem.code === 'malformed_parameter')
        assert.ok(problem.errors.length > 0, what);
      assert.ok(
        !/[\ud800-\udfff](?![\udc00-\udfff])(?<![\ud800-\udbff][\udc00-\udfff])/.test(problem.detail),
        what,
      );
    }
    // That the requests are no monotone: most kinds of answers were seen.
    for (const status of [200, 400, 403, 404, 422]) assert.ok(seen.has(status), JSON.stringify([...seen]));
    assert.ok(!/"code":"(internal|refused_by_store)"/.test(api.logged()));
  });
}
