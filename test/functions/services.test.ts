// Services by HTTP, as an administrator and the platform meet them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, before, test } from 'node:test';
import { loadAppCertificate } from '../../local/entra/app-certificate.ts';
import { type Answer, type Api, serviceNamed, startApi } from '../http/api.ts';

const certificate = await loadAppCertificate();
let api: Api;

before(async () => {
  api = await startApi({}, ['service-mailbox']);
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
});
after(() => api.close());

async function create(name: string, change: object = {}) {
  const body = { ...serviceNamed(name, 'vendas'), ...change };
  const answer = await api.call('POST', '/api/services', { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.json));
  return { ...answer, path: `/api/services/${answer.json.id}` };
}

const fieldsOf = ({ json }: Answer) => json.errors.map(({ field }: { field: string }) => field);

test('a service is created, read, changed and removed', async () => {
  const created = await create('Ciclo');
  assert.equal(created.headers.get('location'), created.path);
  assert.match(created.json.id, /^[a-z2-7]{12}$/);
  const read = await api.call('GET', created.path);
  assert.deepEqual([read.status, read.etag, read.json], [200, created.etag, created.json]);
  assert.deepEqual(read.json.mailbox.auth, { type: 'basic', passwordSet: true });
  assert.equal(read.json.readFromAt, '2026-03-01T03:00:00.000Z');

  const changed = await api.call('PATCH', created.path, {
    ifMatch: read.etag,
    body: { pollSeconds: 120 },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.etag, read.etag);
  assert.deepEqual({ ...changed.json, updatedAt: read.json.updatedAt }, { ...read.json, pollSeconds: 120 });

  const removed = await api.call('DELETE', created.path, { ifMatch: changed.etag });
  assert.deepEqual([removed.status, removed.json], [204, undefined]);
  assert.equal((await api.call('GET', created.path)).status, 404);
  await create('Ciclo');
});

test('all faults of a request come as one problem, each with its field', async () => {
  const answer = await api.call('POST', '/api/services', {
    body: { name: '', pollSeconds: 5, colour: 'red', groups: [{ groupId: 'nenhum' }] },
  });
  assert.equal(answer.status, 422);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const { title, status, code, detail, instance } = answer.json;
  assert.deepEqual([title, status, code], ['Unprocessable Entity', 422, 'invalid']);
  assert.equal(detail, 'The request has 6 faults; see errors.');
  assert.match(instance, /^urn:uuid:[0-9a-f-]{36}$/);
  assert.deepEqual(fieldsOf(answer).toSorted(), [
    'colour',
    'groups[0].groupId',
    'mailbox',
    'name',
    'pollSeconds',
    'readFrom',
  ]);
});

test('a change is made only to the state that was read', async () => {
  const { path, etag } = await create('Condicional');
  const body = { pollSeconds: 90 };
  const without = await api.call('PATCH', path, { body });
  assert.deepEqual([without.status, without.json.code], [428, 'precondition_required']);
  assert.equal((await api.call('PATCH', path, { body, ifMatch: etag })).status, 200);
  const stale = await api.call('PATCH', path, { body: { pollSeconds: 100 }, ifMatch: etag });
  assert.deepEqual([stale.status, stale.json.code], [412, 'precondition_failed']);
  const { etag: current } = await api.call('GET', path);
  for (const [ifMatch, says] of [
    [current.replaceAll('"', ''), /^If-Match must be an ETag in quotation marks.*If-Match: "/],
    [`"other", ${current.replaceAll('"', '')}`, /in quotation marks/],
    [`'${current.replaceAll('"', '')}'`, /in quotation marks/],
    [current.slice(0, -1), /in quotation marks/],
    [`*, ${current}`, /in quotation marks/],
    ['', /in quotation marks/],
    // A weak tag never matches (RFC 9110 13.1.1).
    [`W/${current}`, /weak ETag.*leave out the W\//],
  ] as const) {
    for (const method of ['PATCH', 'DELETE']) {
      const refused = await api.call(method, path, { ifMatch, ...(method === 'PATCH' && { body }) });
      assert.deepEqual(
        [refused.status, refused.json.code, fieldsOf(refused)],
        [400, 'malformed_parameter', ['If-Match']],
      );
      assert.match(refused.json.detail, says);
    }
  }
  assert.equal((await api.call('DELETE', path)).status, 428);
  assert.equal((await api.call('DELETE', path, { ifMatch: etag })).status, 412);
  assert.equal(
    (await api.call('PATCH', path, { body, ifMatch: `"other", W/"weak", ${current}` })).status,
    200,
  );
  assert.equal((await api.call('DELETE', path, { ifMatch: '*' })).status, 204);
});

test('of many changes to the same state one is made', async () => {
  const { path, etag } = await create('Corrida');
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      api.call('PATCH', path, { ifMatch: etag, body: { pollSeconds: 100 + n } }),
    ),
  );
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412, 412, 412, 412, 412, 412, 412]);
});

test('a change that changes nothing leaves the state as it is', async () => {
  const { path, etag } = await create('Parado');
  const same = await api.call('PATCH', path, { ifMatch: etag, body: { pollSeconds: 60, formId: null } });
  assert.deepEqual([same.status, same.etag], [200, etag]);
});

test('a patch keeps what it leaves out, clears what is null, and is refused when that is required', async () => {
  const { path, etag } = await create('Remendo', { pollSeconds: 600, approvalRequired: true });
  const cleared = await api.call('PATCH', path, {
    ifMatch: etag,
    body: { pollSeconds: null, name: null, mailbox: { host: null, auth: { password: null } } },
  });
  assert.equal(cleared.status, 422);
  assert.deepEqual(fieldsOf(cleared), ['name', 'mailbox.host', 'mailbox.auth.password']);
  const changed = await api.call('PATCH', path, {
    ifMatch: etag,
    body: { pollSeconds: null, mailbox: { afterRead: { action: 'delete', folder: null } } },
  });
  assert.equal(changed.json.pollSeconds, 60);
  assert.equal(changed.json.approvalRequired, true);
  assert.deepEqual(changed.json.mailbox.afterRead, { action: 'delete' });
});

const oauthMailbox = {
  protocol: 'graph',
  afterRead: { action: 'delete' },
  auth: {
    type: 'oauth',
    flow: 'clientCredentials',
    tenantId: 'empresa.onmicrosoft.com',
    clientId: '11111111-2222-3333-4444-555555555555',
    clientSecret: '99999999-2222-3333-4444-555555555555',
    clientSecretExpiresAt: '2026-01-01',
  },
};
const withoutScope = { clientSecret: undefined, clientSecretExpiresAt: undefined };

for (const [what, change] of [
  ['with a password', {}],
  ['with a start in the future', { readFrom: '2999-01-01', pollSeconds: 600 }],
  [
    'with a survey of its own',
    {
      active: false,
      survey: { type: 'custom', questions: [{ type: 'choice', text: 'Como?', choices: ['a', 'b'] }] },
    },
  ],
  ['with the standard survey', { active: false, survey: { type: 'standard', questionText: '' } }],
  ['with a secret', { mailbox: { ...oauthMailbox, address: 'segredo@empresa.com.br' } }],
  [
    'with a consent and a certificate',
    {
      mailbox: {
        ...oauthMailbox,
        address: 'certificado@empresa.com.br',
        auth: {
          ...oauthMailbox.auth,
          ...withoutScope,
          flow: 'authorizationCode',
          clientCertificate: certificate.pem,
        },
      },
    },
  ],
] as const) {
  test(`a service ${what} may be sent back as it was read, which changes nothing`, async () => {
    const created = await create(`Volta ${what}`, change);
    const read = await api.call('GET', created.path);
    for (const { json } of [created, read]) {
      const same = await api.call('PATCH', created.path, { ifMatch: read.etag, body: json });
      assert.deepEqual(
        [same.status, same.etag, same.json],
        [200, read.etag, read.json],
        JSON.stringify(same.json),
      );
    }
    const body = { ...read.json, pollSeconds: 90 };
    const changed = await api.call('PATCH', created.path, { ifMatch: read.etag, body });
    assert.deepEqual([changed.status, changed.json.pollSeconds], [200, 90]);
    assert.deepEqual(
      { ...changed.json, pollSeconds: 0, updatedAt: '' },
      { ...read.json, pollSeconds: 0, updatedAt: '' },
    );
  });
}

test('what is only shown is refused when it is to be something else', async () => {
  const { path, etag, json } = await create('Só mostrado');
  for (const [body, field, says] of [
    [{ id: 'another' }, 'id', 'is chosen by Malote'],
    [{ readFromAt: '2026-01-01T00:00:00.000Z' }, 'readFromAt', 'is worked out from readFrom'],
    [{ createdAt: json.updatedAt.replace('Z', '+00:00') }, 'createdAt', 'is set by Malote'],
    [{ updatedAt: 5 }, 'updatedAt', 'is set by Malote'],
    [{ warnings: 'none' }, 'warnings', 'is worked out by Malote'],
    [
      { mailbox: { auth: { passwordSet: false } } },
      'mailbox.auth.passwordSet',
      'only tells whether there is a password',
    ],
    [
      { mailbox: { auth: { clientSecretSet: true } } },
      'mailbox.auth.clientSecretSet',
      'only tells whether there is a secret',
    ],
  ] as const) {
    const refused = await api.call('PATCH', path, { ifMatch: etag, body: { ...json, ...body } });
    assert.deepEqual([refused.status, fieldsOf(refused)], [422, [field]]);
    assert.ok(refused.json.detail.startsWith(`${field} ${says}`), refused.json.detail);
  }
  const other = await api.call('POST', '/api/services', {
    body: { ...serviceNamed('Outro', 'vendas'), id: json.id },
  });
  assert.deepEqual([other.status, fieldsOf(other)], [422, ['id']]);
});

test('ten thousand groups are refused in good time, and are no query', async () => {
  const groups = Array.from({ length: 10_000 }, (_, n) => ({ groupId: `g${n}` }));
  const started = performance.now();
  const refused = await api.call('POST', '/api/services', {
    body: { ...serviceNamed('Muitos', 'vendas'), groups },
  });
  assert.equal(refused.status, 422);
  assert.deepEqual(fieldsOf(refused), ['groups']);
  assert.ok(performance.now() - started < 10_000);
  const odd = [{ groupId: 'a/b' }, { groupId: 'x'.repeat(70) }, { groupId: 'vendas' }];
  const named = await api.call('POST', '/api/services', {
    body: { ...serviceNamed('Muitos', 'vendas'), groups: odd },
  });
  assert.deepEqual(fieldsOf(named), ['groups[0].groupId', 'groups[1].groupId']);
});

test('a start in the future is warned of in the service, its status and its test', async () => {
  const { path, json } = await create('Futuro', {
    readFrom: '2999-01-01',
    mailbox: { ...serviceNamed('Futuro', 'vendas').mailbox, host: 'imap.invalid' },
  });
  const status = await api.call('GET', `${path}/status`);
  const tested = await api.call('POST', `${path}/test`);
  for (const { warnings } of [json, status.json, tested.json]) {
    assert.equal(warnings.length, 1, JSON.stringify(warnings));
    assert.equal(warnings[0].field, 'readFrom');
    assert.match(
      warnings[0].message,
      /^readFrom is in the future \(2999-01-01\): .*2999-01-01T03:00:00.000Z/,
    );
  }
});

test('a stored password is never sent to a new place', async () => {
  const { path, etag } = await create('Mudança');
  const moved = { mailbox: { host: 'imap.outra.com.br' } };
  const refused = await api.call('PATCH', path, { ifMatch: etag, body: moved });
  assert.equal(refused.status, 422);
  assert.deepEqual(fieldsOf(refused), ['mailbox.auth.password']);
  assert.match(refused.json.detail, /must be given again when the host, port, TLS, login/);
  const body = { mailbox: { ...moved.mailbox, auth: { password: 'outra senha' } } };
  assert.equal((await api.call('PATCH', path, { ifMatch: etag, body })).status, 200);
});

test('name and mailbox belong to one service, in whatever case they are written', async () => {
  const first = await create('Único');
  const sameName = serviceNamed('ÚNICO', 'vendas');
  sameName.mailbox.address = 'outro@empresa.com.br';
  const name = await api.call('POST', '/api/services', { body: sameName });
  assert.deepEqual([name.status, name.json.code, fieldsOf(name)], [409, 'conflict', ['name']]);
  const sameLogin = serviceNamed('Duplicado', 'vendas');
  const mailbox = { ...sameLogin.mailbox, address: 'ÚNICO@empresa.com.br', folder: 'inbox' };
  const ascii = { ...mailbox, address: 'alguem@empresa.com.br', username: first.json.mailbox.username };
  const login = await api.call('POST', '/api/services', {
    body: { ...sameLogin, mailbox: { ...ascii, host: 'IMAP.empresa.com.br.' } },
  });
  assert.deepEqual([login.status, login.json.code, fieldsOf(login)], [409, 'conflict', ['mailbox']]);
  assert.ok(login.json.detail.includes(first.json.id));
  await create('Duplicado', { mailbox: { ...ascii, folder: 'Pedidos' } });
});

test('a name that a change gives up is free again, one that it takes is not', async () => {
  const { path, etag, json } = await create('Velho');
  const renamed = await api.call('PATCH', path, { ifMatch: etag, body: { name: 'Novo' } });
  assert.equal(renamed.status, 200);
  const taken = await api.call('POST', '/api/services', { body: serviceNamed('novo', 'vendas') });
  assert.deepEqual([taken.status, fieldsOf(taken)], [409, ['name']]);
  const again = serviceNamed('Velho', 'vendas');
  again.mailbox.address = 'velho-2@empresa.com.br';
  assert.equal((await api.call('POST', '/api/services', { body: again })).status, 201);
  const back = await api.call('PATCH', path, { ifMatch: renamed.etag, body: { name: json.name } });
  assert.deepEqual([back.status, fieldsOf(back)], [409, ['name']]);
  const upper = await api.call('PATCH', path, { ifMatch: renamed.etag, body: { name: 'NOVO' } });
  assert.equal(upper.json.name, 'NOVO');
});

test('a service cannot be active with a survey before there is an address for its links', async () => {
  const standard = { survey: { type: 'standard' } };
  const body = { ...serviceNamed('Pesquisa', 'vendas'), ...standard };
  const refused = await api.call('POST', '/api/services', { body });
  assert.deepEqual([refused.status, fieldsOf(refused)], [422, ['active']]);
  assert.match(refused.json.detail, /publicUrl/);
  const { path, etag } = await create('Pesquisa', { ...standard, active: false });
  const activation = { ifMatch: etag, body: { active: true } };
  assert.equal((await api.call('PATCH', path, activation)).status, 422);

  const settings = await api.call('GET', '/api/settings');
  const set = await api.call('PATCH', '/api/settings', {
    ifMatch: settings.etag,
    body: { publicUrl: 'https://malote.empresa.com.br/' },
  });
  assert.equal((await api.call('PATCH', path, activation)).status, 200);
  const cleared = await api.call('PATCH', '/api/settings', { ifMatch: set.etag, body: { publicUrl: null } });
  assert.deepEqual([cleared.status, fieldsOf(cleared)], [409, ['publicUrl']]);
  assert.match(cleared.json.detail, /"Pesquisa"/);
});

test('a mailbox of Microsoft 365 shows which secrets there are, and warns of what will fail', async () => {
  const expiresAt = new Date(Date.now() + 10 * 86_400_000).toISOString();
  const auth = {
    type: 'oauth',
    flow: 'authorizationCode',
    tenantId: 'empresa.onmicrosoft.com',
    clientId: '11111111-2222-3333-4444-555555555555',
    clientSecret: '99999999-2222-3333-4444-555555555555',
    clientSecretExpiresAt: expiresAt,
  };
  const afterRead = { action: 'move', folder: 'Lidos' };
  const { json, path, etag } = await create('Nuvem', {
    mailbox: { protocol: 'graph', address: 'nuvem@empresa.com.br', afterRead, auth },
  });
  assert.deepEqual(json.mailbox.auth, {
    type: 'oauth',
    flow: 'authorizationCode',
    clientId: auth.clientId,
    tenantId: auth.tenantId,
    redirectUri: json.mailbox.auth.redirectUri,
    clientSecretExpiresAt: expiresAt,
    clientCertificateExpiresAt: null,
    clientAssertion: null,
    clientSecretSet: true,
    clientCertificateSet: false,
  });
  assert.match(json.mailbox.auth.redirectUri, /^https?:.*\/api\/oauth\/callback$/);
  const told = json.warnings.map(({ message }: { message: string }) => message);
  assert.equal(told.length, 2);
  assert.match(told[0], /clientSecret expires on .* make a new one/);
  assert.match(told[1], /looks like the ID of a secret/);
  assert.doesNotMatch(JSON.stringify(json), new RegExp(auth.clientSecret));
  assert.equal((await api.call('GET', path)).json.warnings.length, 1);

  const value = { mailbox: { auth: { clientSecret: 'qVu8Q~value', clientSecretExpiresAt: null } } };
  const changed = await api.call('PATCH', path, { ifMatch: etag, body: value });
  assert.deepEqual([changed.status, changed.json.warnings], [200, []]);
});

for (const as of ['Platform', 'Supervisor'] as const) {
  test(`the role ${as} sees services without their mailbox, and changes nothing`, async () => {
    const { path, etag, json } = await create(`Visto por ${as}`);
    const { mailbox: _mailbox, warnings: _warnings, ...rest } = json;
    assert.deepEqual((await api.call('GET', path, { as })).json, rest);
    const list = await api.call('GET', '/api/services?limit=200', { as });
    assert.ok(list.json.items.length > 0);
    assert.ok(list.json.items.every((item: object) => !('mailbox' in item)));
    for (const [method, address] of [
      ['POST', '/api/services'],
      ['PATCH', path],
      ['DELETE', path],
    ] as const) {
      const refused = await api.call(method, address, { as, ifMatch: etag, body: {} });
      assert.deepEqual([refused.status, refused.json.code], [403, 'forbidden']);
      assert.match(refused.json.detail, new RegExp(`needs the role Admin; the token has ${as}`));
      assert.match(refused.headers.get('www-authenticate') ?? '', /insufficient_scope/);
    }
  });
}

test('strangers are kept out', async () => {
  const stranger = await api.call('GET', '/api/services', { as: null });
  assert.deepEqual([stranger.status, stranger.json.code], [401, 'unauthenticated']);
  assert.equal(stranger.headers.get('www-authenticate'), 'Bearer realm="malote"');
});

test('a list comes in pages by name, each service once', async () => {
  for (const name of ['página c', 'Página A', 'página b']) await create(name);
  const names: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = cursor && `&cursor=${cursor}`;
    const page: Answer = await api.call('GET', `/api/services?limit=2${query}`);
    assert.ok(page.json.items.length <= 2);
    names.push(...page.json.items.map(({ name }: { name: string }) => name));
    cursor = page.json.nextCursor;
  }
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    names.filter(name => /^página/i.test(name)),
    ['Página A', 'página b', 'página c'],
  );
  const all = await api.call('GET', '/api/services');
  assert.deepEqual(
    all.json.items.map(({ name }: { name: string }) => name),
    names,
  );
});

test('limits and cursors that make no sense are refused', async () => {
  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=0x10', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=%205', 'limit'],
    ['limit=+5', 'limit'],
    ['limit=5.0', 'limit'],
    ['limit=05', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['limit=5&limit=5', 'limit'],
    ['limit=0&limit=x', 'limit'],
    ['cursor=', 'cursor'],
    // No list; a list of nothing, of more, of something else; a NUL; half a character; another spelling of a right one.
    ...['null', '"a"', '[]', '["a","b"]', '[1]', '[["a"]]', '["a\\u0000"]', '["\\ud800"]', '[ "a" ]'].map(
      json => [`cursor=${Buffer.from(json).toString('base64url')}`, 'cursor'] as const,
    ),
    [`cursor=${Buffer.from('["a"]').toString('base64')}=`, 'cursor'],
    ['cursor=%00', 'cursor'],
    ['cursor=%7B%7D', 'cursor'],
    ['cursor=bnVsbA', 'cursor'],
    ['page=2', 'page'],
  ]) {
    const answer = await api.call('GET', `/api/services?${query}`);
    assert.deepEqual([answer.status, answer.json.code], [400, 'malformed_parameter'], query);
    assert.deepEqual(fieldsOf(answer), [field], query);
  }
});

test('a service that is not there is not found, whatever is asked of it', async () => {
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const body = method === 'PATCH' ? {} : undefined;
    const answer = await api.call(method, '/api/services/nobody', { ifMatch: '"x"', body });
    assert.deepEqual([answer.status, answer.json.code], [404, 'not_found']);
  }
});

test('moving readFrom earlier is refused once, and agreed to by confirm, which is not stored', async () => {
  // Nothing listens there: the mails cannot be counted, and the refusal says so.
  const { path, etag } = await create('Passado', {
    mailbox: { ...serviceNamed('Passado', 'vendas').mailbox, host: 'imap.invalid' },
  });
  const earlier = { readFrom: '2026-02-01T00:00:00-03:00' };
  const refused = await api.call('PATCH', path, { ifMatch: etag, body: earlier });
  assert.deepEqual([refused.status, fieldsOf(refused)], [422, ['readFrom']]);
  assert.match(
    refused.json.detail,
    /from 2026-03-01T03:00:00.000Z to 2026-02-01T03:00:00.000Z: .*could not be counted: .+"confirm": true/,
  );
  const notBoolean = await api.call('PATCH', path, { ifMatch: etag, body: { ...earlier, confirm: 'yes' } });
  assert.deepEqual([notBoolean.status, fieldsOf(notBoolean)], [422, ['confirm']]);
  const agreed = await api.call('PATCH', path, { ifMatch: etag, body: { ...earlier, confirm: true } });
  assert.equal(agreed.status, 200);
  assert.equal(agreed.json.readFrom, earlier.readFrom);
  assert.ok(!('confirm' in agreed.json));
  const later = await api.call('PATCH', path, { ifMatch: agreed.etag, body: { readFrom: '2026-04-01' } });
  assert.equal(later.status, 200);
});

test('a body that is too large, or no JSON, is refused over the wire too', async () => {
  const body = { name: 'x'.repeat(2_000_000) };
  // Again and again: an answer before the end of the body breaks the connection only now and then.
  for (let round = 0; round < 5; round += 1) {
    const large = await api.call('POST', '/api/services', { body });
    assert.deepEqual([large.status, large.json.code], [413, 'too_large']);
    assert.equal((await api.call('POST', '/api/services', { body, as: null })).status, 401);
  }
  const broken = await api.call('POST', '/api/services', { body: '{"name": }' });
  assert.deepEqual([broken.status, broken.json.code], [400, 'malformed_json']);
  const headers = { 'content-type': 'text/plain' };
  assert.equal((await api.call('POST', '/api/services', { body: '{}', headers })).status, 415);
  assert.equal((await api.call('PUT', '/api/services', { body: {} })).status, 404);
});

test('who may not call is told so before the body has come', async () => {
  for (const [roles, status] of [
    [['Platform'], 403],
    [null, 401],
  ] as const) {
    const authorization = roles ? `Bearer ${await api.issuer.token({ roles })}` : '';
    // In chunks: a body whose length is told is read whole by the host, before any function hears of it.
    const headers = { authorization, 'content-type': 'application/json' };
    const outgoing = request(`${api.url}/api/services`, { method: 'POST', headers, agent: false });
    outgoing.write('{"name": "');
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const [problem] = await once(answer, 'data');
    assert.deepEqual([answer.statusCode, JSON.parse(String(problem)).status], [status, status]);
    outgoing.end('x'.repeat(16 * 1024 * 1024 - 10));
    await once(answer.resume(), 'end');
  }
});

test('a service that would move mail into the folder it came from by another service is refused', async () => {
  const forth = await create('Vai');
  const { mailbox } = serviceNamed('Vai', 'vendas');
  const back = {
    ...serviceNamed('Volta', 'vendas'),
    mailbox: { ...mailbox, folder: 'Lidos', afterRead: { action: 'move', folder: 'inbox' } },
  };
  const refused = await api.call('POST', '/api/services', { body: back });
  assert.equal(refused.status, 422);
  assert.deepEqual(fieldsOf(refused), ['mailbox.afterRead.folder']);
  assert.match(refused.json.errors[0].message, new RegExp(`"${forth.json.id}", which moves its mail back`));

  back.mailbox.afterRead.folder = 'Arquivo';
  assert.equal((await api.call('POST', '/api/services', { body: back })).status, 201);
});
