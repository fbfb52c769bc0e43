// Connecting a mailbox: an administrator asks, a person consents at the local issuer, and the mailbox is read.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { startGraph } from '../../local/graph/server.ts';
import { findMailboxItem } from '../../shared/azure/mailbox-store.ts';
import { findTokens } from '../../shared/azure/token-store.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { newMailbox } from '../../shared/domain/mailbox/mailbox.ts';
import { type Api, startApi } from '../http/api.ts';
import { localAuthority } from '../support/authority.ts';
import { consent } from '../support/consent.ts';
import { useEntra } from '../support/entra.ts';
import { until } from '../support/until.ts';

const entra = await useEntra();
const { issuer, jwksUri } = entra;
const graph = await startGraph({ port: 0, tls: await localAuthority(), issuer, jwksUri });
after(() => graph.close());
const { secret } = entra.mailApps;
const ana = 'ana@contoso.example';
let api: Api;

before(async () => {
  const env = { MICROSOFT_LOGIN_URL: entra.loginUrl, MICROSOFT_GRAPH_URL: graph.origin };
  api = await startApi(env, ['oauth', 'service-mailbox', 'fetch-mailbox']);
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
});
after(() => api.close());
afterEach(() => {
  api.databaseFaults.clear();
  graph.faults.clear();
  entra.setClientSecret(secret.clientId, secret.clientSecret);
});

let registered = 0;

/** A service over Graph that a person is to connect, reading a mailbox that is shared with Ana. */
async function register(auth: object = {}, changes: object = {}): Promise<{ id: string; address: string }> {
  const address = `suporte${++registered}@contoso.example`;
  graph.addMailbox(address);
  graph.share(address, ana);
  const { status, json } = await api.call('POST', '/api/services', {
    body: {
      name: `Suporte ${registered}`,
      readFrom: '2026-03-01',
      groups: [{ groupId: 'vendas' }],
      ...changes,
      mailbox: {
        protocol: 'graph',
        address,
        afterRead: { action: 'delete' },
        auth: {
          type: 'oauth',
          flow: 'authorizationCode',
          tenantId: entra.tenantId,
          clientId: secret.clientId,
          clientSecret: secret.clientSecret,
          ...auth,
        },
      },
    },
  });
  assert.equal(status, 201, JSON.stringify(json));
  return { id: json.id, address };
}

const startOf = (id: string) => api.call('POST', `/api/services/${id}/oauth/start`);

async function start(id: string): Promise<string> {
  const { status, json } = await startOf(id);
  assert.equal(status, 200, JSON.stringify(json));
  return json.authorizeUrl;
}

type Shown = { status: number; headers: Headers; html: string };

/** Goes where Entra ID sends the browser. */
async function visit(callback: URL | string, language = 'en'): Promise<Shown> {
  const { search } = new URL(callback, 'http://localhost');
  const headers = { 'accept-language': language };
  const response = await fetch(`${api.url}/api/oauth/callback${search}`, { headers });
  return { status: response.status, headers: response.headers, html: await response.text() };
}

const keptOf = (id: string) => findTokens(api.database.mailboxes, id as ServiceId);
const connectionOf = async (id: string) =>
  (await api.call('GET', `/api/services/${id}/status`)).json.connection;

async function trailOf(id: string) {
  const query = {
    query: 'SELECT * FROM c WHERE c.target = @id',
    parameters: [{ name: '@id', value: id }],
  };
  const { resources } = await api.database.audit.items.query(query).fetchAll();
  return resources
    .filter(({ action }) => /onnect/.test(action))
    .toSorted((one, other) => one.at.localeCompare(other.at));
}

test('only administrators begin, and only for a service that a person has to connect', async () => {
  const { id } = await register();
  for (const as of ['Supervisor', 'Platform', null] as const) {
    const { status } = await api.call('POST', `/api/services/${id}/oauth/start`, { as });
    assert.equal(status, as === null ? 401 : 403);
  }
  assert.equal((await startOf('nobody')).status, 404);
  const app = await register({ flow: 'clientCredentials' });
  const refused = await startOf(app.id);
  assert.deepEqual([refused.status, refused.json.code], [409, 'conflict']);
  assert.match(refused.json.detail, /by a permission of its own/);
  assert.deepEqual(await connectionOf(app.id), {
    flow: 'clientCredentials',
    connectedAs: null,
    connectedAt: null,
  });
});

test('an app that Entra ID does not accept is told before a person is bothered', async () => {
  const { id } = await register();
  const absent = '11111111-2222-3333-4444-555555555555';
  for (const [spoil, code, says] of [
    [() => entra.setClientSecret(secret.clientId, 'another'), 'app_refused', /AADSTS7000215/],
    [() => entra.expireSecret(secret.clientId), 'app_refused', /has expired.*AADSTS7000222/],
    [
      () => entra.faults.add({ on: 'POST token', action: 'refuse' }),
      'login_unavailable',
      /fails at the moment/,
    ],
    [() => entra.faults.add({ on: 'POST token', action: 'drop' }), 'login_unavailable', /cannot be reached/],
  ] as const) {
    spoil();
    const refused = await startOf(id);
    assert.deepEqual([refused.status, refused.json.code], [502, code]);
    assert.match(refused.json.detail, says);
    assert.ok(refused.json.cure.length > 0);
    entra.faults.clear();
    entra.setClientSecret(secret.clientId, secret.clientSecret);
  }
  const unknown = await startOf((await register({ clientId: absent })).id);
  assert.match(unknown.json.detail, /does not know the app.*AADSTS700016/);
  const { resources } = await api.database.mailboxes.items
    .query({ query: 'SELECT * FROM c', parameters: [] }, { partitionKey: id })
    .fetchAll();
  const questions = resources.filter(item => item.id.startsWith('question-'));
  assert.deepEqual([questions, await trailOf(id)], [[], []], 'no question was asked');
  assert.ok(!api.logged().includes(secret.clientSecret));
});

test('an app that may do nothing by itself may be connected all the same', async () => {
  const { id } = await register();
  entra.setPermissions(secret.clientId, []);
  assert.equal((await startOf(id)).status, 200);
  const { certificate } = entra.mailApps;
  const proof = {
    clientId: certificate.clientId,
    clientSecret: undefined,
    clientCertificate: certificate.certificatePem,
  };
  assert.equal((await startOf((await register(proof)).id)).status, 200);
});

test('the address asks Entra ID for what the mailbox needs, and what proves the answer stays here', async () => {
  const { id } = await register();
  const { json } = await startOf(id);
  const url = new URL(json.authorizeUrl);
  const asked = Object.fromEntries(url.searchParams);
  assert.equal(url.origin + url.pathname, `${entra.loginUrl}/${entra.tenantId}/oauth2/v2.0/authorize`);
  assert.equal(asked.client_id, secret.clientId);
  assert.equal(asked.redirect_uri, json.redirectUri);
  assert.match(json.redirectUri, /\/api\/oauth\/callback$/);
  const scopes = asked.scope?.split(' ') ?? [];
  assert.deepEqual(scopes.toSorted(), [
    `${graph.origin}/Mail.ReadWrite`,
    `${graph.origin}/Mail.ReadWrite.Shared`,
    'offline_access',
    'openid',
    'profile',
  ]);
  assert.deepEqual([asked.code_challenge_method, asked.prompt], ['S256', 'select_account']);
  assert.ok(asked.state?.startsWith(`${id}.`) && asked.nonce && asked.code_challenge);
  const leftMs = Date.parse(json.expiresAt) - Date.now();
  assert.ok(leftMs > 14 * 60_000 && leftMs <= 15 * 60_000);
  const { resources } = await api.database.mailboxes.items
    .query({ query: 'SELECT * FROM c', parameters: [] }, { partitionKey: id })
    .fetchAll();
  assert.equal(resources.find(item => item.id.startsWith('question-'))?.ttl, 900);
  assert.ok(!JSON.stringify(resources).includes(asked.state!.slice(id.length + 1)));
  assert.ok(!JSON.stringify(resources).includes(asked.nonce!));
  const [entry] = await trailOf(id);
  assert.deepEqual([entry.action, entry.who.name], ['connecting', 'Ana']);
});

test('a person connects the mailbox, which is read at once, and is said to be connected', async () => {
  const { id, address } = await register();
  await api.call('POST', `/api/services/${id}/fetch`);
  const before = await until('the first fetch', async () => {
    const { json } = await api.call('GET', `/api/services/${id}/status`);
    return json.lastError !== null && json;
  });
  assert.equal(before.lastError.code, 'consent_required');
  assert.match(before.lastError.message, /Nobody has connected this mailbox yet/);
  assert.match(before.lastError.cure, /oauth\/start/);
  assert.deepEqual(before.connection, { flow: 'authorizationCode', connectedAs: null, connectedAt: null });

  const callback = await consent(await start(id), ana);
  const shown = await visit(callback);
  assert.equal(shown.status, 200, shown.html);
  assert.match(
    shown.html,
    new RegExp(`<strong>${ana}</strong> reads the mailbox <strong>${address}</strong>`),
  );
  const after = await until('a fetch that goes well', async () => {
    const { json } = await api.call('GET', `/api/services/${id}/status`);
    return json.state === 'healthy' && json.lastSuccessAt !== null && json;
  });
  assert.equal(after.connection.connectedAs, ana);
  assert.ok(Math.abs(Date.parse(after.connection.connectedAt) - Date.now()) < 60_000);
  const trail = await trailOf(id);
  assert.deepEqual(
    trail.map(({ action }) => action),
    ['connecting', 'connected'],
  );
  assert.deepEqual(trail[1].changes, [{ field: 'connection', from: null, to: ana }]);
  assert.equal(trail[1].who.name, 'Ana');
  const { resource } = await api.database.mailboxes.item('tokens', id).read();
  assert.ok(!/eyJ|refresh_token|RefreshToken/.test(JSON.stringify(resource)), 'no token in the clear');
  const code = callback.searchParams.get('code') ?? 'none';
  const state = callback.searchParams.get('state') ?? 'none';
  assert.ok(!api.logged().includes(code) && !api.logged().includes(state));
});

test('the page is complete in itself, and stays with whoever asked', async () => {
  const { headers, html } = await visit('?state=x&code=y');
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.equal(headers.get('referrer-policy'), 'no-referrer');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.match(
    headers.get('content-security-policy') ?? '',
    /^default-src 'none'; style-src 'sha256-.*frame-ancestors 'none'$/,
  );
  assert.ok(!/<script|<link|<img|https?:/.test(html));
});

test('pages speak the language of the browser, or the usual one', async () => {
  for (const [wish, language, title] of [
    ['es-MX,es;q=0.9,en;q=0.8', 'es', 'Este enlace ya no es válido'],
    ['en-GB', 'en', 'This link is no longer valid'],
    ['fr, pt;q=0.5', 'pt-BR', 'Este link não vale mais'],
    ['de', 'pt-BR', 'Este link não vale mais'],
    ['', 'pt-BR', 'Este link não vale mais'],
  ] as const) {
    const { headers, html } = await visit('?state=x&code=y', wish);
    assert.equal(headers.get('content-language'), language);
    assert.ok(html.includes(`<html lang="${language}">`) && html.includes(`<h1>${title}</h1>`), html);
  }
});

test('a link counts once, for a quarter of an hour, and for the service as it was', async () => {
  const { id } = await register();
  const used = await consent(await start(id), ana);
  assert.equal((await visit(used)).status, 200);
  const kept = await keptOf(id);

  const late = await consent(await start(id), ana);
  await expireQuestions(id);
  const open = await consent(await start(id), ana);
  const code = open.searchParams.get('code');
  const state = open.searchParams.get('state');
  const changed = await consent(await start(id), ana);
  const deleted = await register();
  const orphan = await consent(await start(deleted.id), ana);
  const remove = await api.call('DELETE', `/api/services/${deleted.id}`, { ifMatch: '*' });
  assert.equal(remove.status, 204);
  const pages = [
    await visit(used),
    await visit(late),
    await visit(orphan),
    await visit(''),
    await visit(`?state=${state}`),
    await visit(`?state=${id}.${'a'.repeat(43)}&code=${code}`),
    await visit(`?state=${encodeURIComponent('<script>alert(1)</script>')}&code=${code}`),
    await visit(`?state=../../catalog&code=${code}`),
    await visit(`?state=${state}&state=${state}&code=${code}`),
    await visit(`?state=${state?.replace(id, 'abcdefghijkl')}&code=${code}`),
  ];
  const body = { mailbox: { address: 'outra@contoso.example', auth: { clientSecret: secret.clientSecret } } };
  const patched = await api.call('PATCH', `/api/services/${id}`, { body, ifMatch: '*' });
  assert.equal(patched.status, 200, JSON.stringify(patched.json));
  pages.push(await visit(changed));
  for (const { status, html } of pages) {
    assert.equal(status, 400);
    assert.equal(html, pages[0]?.html, 'the same page, and nothing of the address in it');
  }
  assert.equal((await keptOf(id))?.etag, kept?.etag);
  assert.deepEqual(await connectionOf(id), {
    flow: 'authorizationCode',
    connectedAs: null,
    connectedAt: null,
  });
});

/** The database has not forgotten them yet, although their time is over. */
async function expireQuestions(serviceId: string): Promise<void> {
  const { resources } = await api.database.mailboxes.items
    .query({ query: 'SELECT * FROM c', parameters: [] }, { partitionKey: serviceId })
    .fetchAll();
  for (const item of resources.filter(({ id }) => id.startsWith('question-'))) {
    const expired = { ...item, expiresAt: new Date().toISOString() };
    await api.database.mailboxes.item(item.id, serviceId).replace(expired);
  }
}

test('of two who come with one link at the same time one connects', async () => {
  const { id } = await register();
  const callback = await consent(await start(id), ana);
  const shown = await Promise.all([visit(callback), visit(callback)]);
  assert.deepEqual(shown.map(({ status }) => status).toSorted(), [200, 400]);
  assert.equal((await connectionOf(id)).connectedAs, ana);
});

test('a code is good for the question alone that it answers', async () => {
  const { id } = await register();
  const one = await consent(await start(id), ana);
  const other = await consent(await start(id), ana);
  one.searchParams.set('code', other.searchParams.get('code') ?? '');
  const shown = await visit(one);
  assert.deepEqual([shown.status, shown.html.includes('no longer valid')], [400, true]);
  assert.equal(await keptOf(id), undefined);
});

test('a person who does not consent is told so, with Microsoft’s code and nothing else of the address', async () => {
  const { id } = await register();
  const callback = await consent(await start(id), ana, 'cancel');
  const shown = await visit(callback);
  assert.equal(shown.status, 400);
  assert.match(shown.html, /Consent was not given/);
  assert.match(shown.html, /<strong>AADSTS65004<\/strong>/);
  assert.equal((await visit(callback)).html.includes('no longer valid'), true, 'and the link is used');
  const again = new URL(await consent(await start(id), ana, 'cancel'));
  again.searchParams.set('error', '<b>x</b>');
  again.searchParams.set('error_description', '<script>');
  const { html } = await visit(again);
  assert.match(html, /<strong>error<\/strong>/);
  assert.ok(!html.includes('<b>') && !html.includes('<script'));
});

test('an account that cannot open the mailbox connects nothing, and is named with it', async () => {
  const { id, address } = await register();
  const kept = await visit(await consent(await start(id), ana));
  assert.equal(kept.status, 200);
  const before = await keptOf(id);
  for (const [account, named] of [
    ['bruno@contoso.example', 'bruno@contoso.example'],
    ['<b>&"carla@contoso.example', '&lt;b&gt;&amp;&quot;carla@contoso.example'],
  ] as const) {
    const shown = await visit(await consent(await start(id), account));
    assert.equal(shown.status, 403);
    assert.ok(shown.html.includes(`<strong>${named}</strong>`), shown.html);
    assert.ok(shown.html.includes(`<strong>${address}</strong>`) && !shown.html.includes('<b>'));
    const { action, changes } = (await trailOf(id)).at(-1);
    assert.deepEqual(
      [action, changes],
      ['notConnected', [{ field: 'connection', from: null, to: `${account} cannot open ${address}` }]],
    );
  }
  assert.deepEqual(await keptOf(id), before);
  assert.equal((await connectionOf(id)).connectedAs, ana);
});

test('an account that could not be tried at the mailbox connects nothing either', async () => {
  const { id } = await register();
  assert.equal((await visit(await consent(await start(id), ana))).status, 200);
  const before = await keptOf(id);
  const callback = await consent(await start(id), 'bruno@contoso.example');
  graph.faults.add({ on: 'GET messages', action: 'throttle', delayMs: 600_000 });
  const shown = await visit(callback);
  assert.equal(shown.status, 502, shown.html);
  assert.match(shown.html, /<strong>mailbox_throttled<\/strong>/);
  assert.ok(shown.html.includes('ask for a new link') && !shown.html.includes('Nothing to do'), shown.html);
  assert.deepEqual(await keptOf(id), before);
});

test('a service that is deleted while a person connects it keeps no tokens', async () => {
  const { id } = await register();
  const callback = await consent(await start(id), ana);
  const deleted = Promise.withResolvers<void>();
  api.databaseFaults.add({ on: 'create mailboxes', action: 'delay', until: deleted.promise, times: 1 });
  const shown = visit(callback);
  await until('the tokens on their way', async () => api.databaseFaults.list().length === 0);
  assert.equal((await api.call('DELETE', `/api/services/${id}`, { ifMatch: '*' })).status, 204);
  deleted.resolve();
  assert.equal((await shown).status, 400);
  assert.equal(await keptOf(id), undefined);
});

test('a folder that is missing does not keep anybody from connecting', async () => {
  const { id } = await register();
  const body = { mailbox: { folder: 'Suporte' } };
  assert.equal((await api.call('PATCH', `/api/services/${id}`, { body, ifMatch: '*' })).status, 200);
  assert.equal((await visit(await consent(await start(id), ana))).status, 200);
  assert.equal((await connectionOf(id)).connectedAs, ana);
});

test('connected by another person, the mailbox is read for that one from then on', async () => {
  const { id, address } = await register();
  graph.share(address, 'bruno@contoso.example');
  assert.equal((await visit(await consent(await start(id), ana))).status, 200);
  assert.equal((await visit(await consent(await start(id), 'bruno@contoso.example'))).status, 200);
  assert.equal((await connectionOf(id)).connectedAs, 'bruno@contoso.example');
  assert.deepEqual((await trailOf(id)).at(-1).changes, [
    { field: 'connection', from: ana, to: 'bruno@contoso.example' },
  ]);
});

test('an app that Entra ID refuses is told to the administrator', async () => {
  const { id } = await register();
  const callback = await consent(await start(id), ana);
  entra.setClientSecret(secret.clientId, 'another');
  const shown = await visit(callback);
  assert.equal(shown.status, 502);
  assert.match(shown.html, /<strong>app_refused<\/strong>/);
  assert.match(shown.html, /Entra ID does not accept the client secret/);
  assert.equal(await keptOf(id), undefined);
});

test('why it failed is told in the language of the person too', async () => {
  for (const [language, says] of [
    [
      'pt-BR',
      'O Entra ID não aceita o segredo do cliente; é preciso informar de novo o Valor dele, e não a ID. (AADSTS7000215)',
    ],
    [
      'es',
      'Entra ID no acepta el secreto del cliente; hay que indicar de nuevo su Valor, no su Id. (AADSTS7000215)',
    ],
  ] as const) {
    const { id } = await register();
    const callback = await consent(await start(id), ana);
    entra.setClientSecret(secret.clientId, 'another');
    const { status, html } = await visit(callback, language);
    entra.setClientSecret(secret.clientId, secret.clientSecret);
    assert.equal(status, 502);
    assert.ok(html.includes(`<html lang="${language}">`) && html.includes(`<p>${says}</p>`), html);
    assert.ok(!html.includes('lang="en"') && !/Check|Set mailbox/.test(html), html);
  }
});

test('a database that is away is a page too, and gives nothing away', async () => {
  const { id } = await register();
  const callback = await consent(await start(id), ana);
  api.databaseFaults.add({ on: 'read catalog', action: 'refuse' });
  const shown = await visit(callback);
  assert.equal(shown.status, 503);
  assert.match(shown.html, /<strong>dependency_unavailable<\/strong>/);
  api.databaseFaults.clear();
  assert.equal((await visit(callback)).status, 200, 'the link is as good as before');
});

test('a service that is deleted takes its tokens with it', async () => {
  const { id } = await register();
  assert.equal((await visit(await consent(await start(id), ana))).status, 200);
  assert.ok(await keptOf(id));
  assert.equal((await api.call('DELETE', `/api/services/${id}`, { ifMatch: '*' })).status, 204);
  assert.equal(await keptOf(id), undefined);
});

test('a mailbox that waits for its back-off is tried at once when it was connected', async () => {
  const { id } = await register({}, { active: false });
  const { mailboxes } = api.database;
  const trouble = {
    code: 'consent_required',
    message: 'Nobody.',
    cure: '',
    since: '2026-11-01T00:00:00.000Z',
    failures: 9,
    retryAt: '2099-01-01T00:00:00.000Z',
  } as const;
  await mailboxes.items.upsert({ ...newMailbox(id as ServiceId), trouble });
  assert.equal((await visit(await consent(await start(id), ana))).status, 200);
  assert.equal((await findMailboxItem(mailboxes, id as ServiceId))?.value.trouble, null);
});

test('an address of ours that is no longer ours is not sent to Entra ID', async () => {
  const { id } = await register();
  const settings = { publicUrl: 'https://malote.contoso.example' };
  assert.equal((await api.call('PATCH', '/api/settings', { body: settings, ifMatch: '*' })).status, 200);
  const refused = await startOf(id);
  assert.deepEqual([refused.status, refused.json.code], [409, 'conflict']);
  assert.match(
    refused.json.cure,
    /redirectUri to null.*https:\/\/malote.contoso.example\/api\/oauth\/callback/,
  );
  const body = { mailbox: { auth: { redirectUri: null } } };
  assert.equal((await api.call('PATCH', `/api/services/${id}`, { body, ifMatch: '*' })).status, 200);
  assert.equal((await startOf(id)).json.redirectUri, 'https://malote.contoso.example/api/oauth/callback');
});
