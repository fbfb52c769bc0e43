// Groups and the general settings by HTTP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, type Api, serviceNamed, startApi } from '../http/api.ts';

let api: Api;

before(async () => {
  api = await startApi();
});
after(() => api.close());

const put = (id: string, body: object, ifMatch?: string) =>
  api.call('PUT', `/api/groups/${id}`, { body, ...(ifMatch !== undefined && { ifMatch }) });
const fieldsOf = ({ json }: Answer) => json.errors.map(({ field }: { field: string }) => field);

test('a group is created under the id its caller chose, replaced, read and deleted', async () => {
  const created = await put('vendas-1', { name: 'Vendas' });
  assert.deepEqual(
    [created.status, created.json],
    [201, { id: 'vendas-1', name: 'Vendas', obsolete: false }],
  );
  const blind = await put('vendas-1', { name: 'Outro' });
  assert.deepEqual([blind.status, blind.json.code], [428, 'precondition_required']);
  const replaced = await put('vendas-1', { name: 'Comercial', obsolete: true }, created.etag);
  assert.deepEqual([replaced.status, replaced.json.name, replaced.json.obsolete], [200, 'Comercial', true]);
  assert.equal((await put('vendas-1', { name: 'Tarde' }, created.etag)).status, 412);
  const read = await api.call('GET', '/api/groups/vendas-1');
  assert.deepEqual([read.etag, read.json], [replaced.etag, replaced.json]);
  assert.equal((await api.call('DELETE', '/api/groups/vendas-1')).status, 428);
  assert.equal((await api.call('DELETE', '/api/groups/vendas-1', { ifMatch: created.etag })).status, 412);
  assert.equal((await api.call('DELETE', '/api/groups/vendas-1', { ifMatch: read.etag })).status, 204);
  assert.equal((await api.call('GET', '/api/groups/vendas-1')).status, 404);
  assert.equal((await api.call('DELETE', '/api/groups/vendas-1', { ifMatch: read.etag })).status, 404);
  assert.equal((await put('vendas-1', { name: 'Vendas' }, read.etag)).status, 412);
  assert.equal((await put('vendas-1', { name: 'Vendas' })).status, 201);
});

test('of many that create the same group at once, one does', async () => {
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, n) => put('juntos', { name: `Nome ${n}` })),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.equal(statuses.filter(status => status === 201).length, 1);
  assert.ok(statuses.every(status => status === 201 || status === 412 || status === 428));
});

test('faults of a group are named', async () => {
  for (const [body, fields] of [
    [{}, ['name']],
    [{ name: '' }, ['name']],
    [{ name: 'x', obsolete: 'no' }, ['obsolete']],
    [{ name: 'x', id: 'y', colour: 1 }, ['id', 'colour']],
  ] as const) {
    const answer = await put('faltas', body);
    assert.equal(answer.status, 422);
    assert.deepEqual(fieldsOf(answer), fields);
  }
});

test('an id that no group can have is refused before the database sees it, whatever is asked', async () => {
  const broken = [
    'a%5Cb',
    'a%2Fb',
    'a%23b',
    'a%3Fb',
    'a%00b',
    'a%0Ab',
    '%ZZ',
    '%ED%A0%80',
    '..%2F..',
    'x'.repeat(300),
  ];
  for (const id of ['-x', 'a%7Cb', 'x'.repeat(65), 'a%20b', ...broken]) {
    for (const [method, call] of [
      ['GET', {}],
      ['PUT', { body: { name: 'x' } }],
      ['DELETE', { ifMatch: '*' }],
    ] as const) {
      const answer = await api.call(method, `/api/groups/${id}`, call);
      assert.deepEqual(
        [answer.status, answer.json.code, fieldsOf(answer)],
        [400, 'malformed_parameter', ['id']],
        id,
      );
    }
  }
});

test('a group that was read can be written back as it is', async () => {
  const { etag, json } = await put('volta', { name: 'Volta' });
  const same = await put('volta', json, etag);
  assert.deepEqual([same.status, same.json], [200, json]);
  const other = await put('volta', { ...json, id: 'outra' }, same.etag);
  assert.deepEqual([other.status, fieldsOf(other)], [422, ['id']]);
  assert.match(other.json.detail, /id is not the id in the address; leave it out/);
});

test('an ETag without its quotation marks is refused also where there is no group yet', async () => {
  const refused = await put('sem-aspas', { name: 'x' }, 'abc');
  assert.deepEqual([refused.status, fieldsOf(refused)], [400, ['If-Match']]);
  assert.equal((await put('sem-aspas', { name: 'x' }, '"abc"')).status, 412);
});

test('a group that services name is not deleted, and the refusal names them', async () => {
  const { etag } = await put('usado', { name: 'Usado' });
  const service = await api.call('POST', '/api/services', { body: serviceNamed('Usuário', 'usado') });
  const refused = await api.call('DELETE', '/api/groups/usado', { ifMatch: etag });
  assert.deepEqual([refused.status, refused.json.code], [409, 'conflict']);
  assert.match(refused.json.detail, /"Usuário".*make it obsolete/);
  const path = `/api/services/${service.json.id}`;
  const freed = await api.call('PATCH', path, { ifMatch: service.etag, body: { active: false, groups: [] } });
  assert.equal(freed.status, 200);
  assert.equal((await api.call('DELETE', '/api/groups/usado', { ifMatch: etag })).status, 204);
});

test('groups are listed in pages, and read by everybody', async () => {
  for (const id of ['lista-c', 'lista-a', 'lista-b']) await put(id, { name: id });
  const first = await api.call('GET', '/api/groups?limit=1');
  assert.equal(first.json.items.length, 1);
  const rest = await api.call('GET', `/api/groups?limit=200&cursor=${first.json.nextCursor}`);
  assert.equal(rest.json.nextCursor, null);
  const ids = [...first.json.items, ...rest.json.items].map(({ id }: { id: string }) => id);
  assert.deepEqual(ids, ids.toSorted());
  assert.deepEqual(
    ids.filter((id: string) => id.startsWith('lista')),
    ['lista-a', 'lista-b', 'lista-c'],
  );
  for (const as of ['Supervisor', 'Platform'] as const) {
    assert.deepEqual((await api.call('GET', '/api/groups?limit=1', { as })).json, first.json);
    assert.equal((await api.call('GET', '/api/groups/lista-a', { as })).json.name, 'lista-a');
    assert.equal((await api.call('PUT', '/api/groups/lista-a', { as, body: { name: 'x' } })).status, 403);
    assert.equal((await api.call('DELETE', '/api/groups/lista-a', { as, ifMatch: '*' })).status, 403);
  }
});

test('a schedule is put, asked whether it is open, named by a service, and not deleted as long as it is', async () => {
  const week = { mon: [{ from: '08:00', to: '12:00' }] };
  const body = { name: 'Comercial', timeZone: 'America/Sao_Paulo', week };
  const created = await api.call('PUT', '/api/schedules/comercial', { body });
  assert.deepEqual([created.status, created.json.week.tue], [201, []]);
  const faulty = { ...body, week: { mon: [{ from: '18:00', to: '08:00' }] } };
  const refused = await api.call('PUT', '/api/schedules/outro', { body: faulty });
  assert.deepEqual([refused.status, fieldsOf(refused)], [422, ['week.mon[0].to']]);

  const path = '/api/schedules/comercial/open';
  const open = await api.call('GET', `${path}?at=2026-03-02T12:00:00Z`, { as: 'Platform' });
  assert.deepEqual(open.json, {
    at: '2026-03-02T12:00:00.000Z',
    open: true,
    changesAt: '2026-03-02T15:00:00.000Z',
    reason: { day: 'mon', holiday: null, interval: { from: '08:00', to: '12:00' } },
    turns: [
      { at: '2026-03-02T15:00:00.000Z', open: false },
      { at: '2026-03-09T11:00:00.000Z', open: true },
    ],
  });
  assert.equal((await api.call('GET', path)).status, 200);
  assert.deepEqual(fieldsOf(await api.call('GET', `${path}?at=tomorrow`)), ['at']);
  assert.equal((await api.call('GET', '/api/schedules/none/open')).status, 404);

  await put('plantao', { name: 'Plantão' });
  const groups = [{ groupId: 'plantao', scheduleId: 'comercial' }];
  const service = await api.call('POST', '/api/services', {
    body: { ...serviceNamed('Com horário', 'plantao'), groups },
  });
  assert.deepEqual([service.status, service.json.groups], [201, groups]);
  const kept = await api.call('DELETE', '/api/schedules/comercial', { ifMatch: created.etag });
  assert.deepEqual([kept.status, kept.json.code], [409, 'conflict']);
  assert.match(kept.json.detail, /The schedule is named by "Com horário"/);
  const freed = await api.call('PATCH', `/api/services/${service.json.id}`, {
    ifMatch: service.etag,
    body: { groups: [{ groupId: 'plantao' }] },
  });
  assert.equal(freed.status, 200);
  assert.equal((await api.call('DELETE', '/api/schedules/comercial', { ifMatch: created.etag })).status, 204);
});

test('settings have defaults until they are written, and are changed by merge patch under their ETag', async () => {
  const unwritten = await api.call('GET', '/api/settings');
  assert.deepEqual(unwritten.json, {
    publicUrl: null,
    internalUrl: null,
    defaultLanguage: 'pt-BR',
    timeZone: 'America/Sao_Paulo',
    branding: { name: null, logoUrl: null, accent: null, privacyUrl: null },
    retentionDays: { mails: null, surveys: null },
  });
  assert.equal((await api.call('PATCH', '/api/settings', { body: { timeZone: 'UTC' } })).status, 428);
  const body = {
    publicUrl: 'https://malote.empresa.com.br//',
    internalUrl: 'http://localhost:7071/malote/',
    branding: { name: 'Empresa' },
  };
  const [one, other] = await Promise.all(
    ['en', 'es'].map(defaultLanguage =>
      api.call('PATCH', '/api/settings', { ifMatch: unwritten.etag, body: { ...body, defaultLanguage } }),
    ),
  );
  assert.deepEqual([one?.status, other?.status].toSorted(), [200, 412]);
  const written = await api.call('GET', '/api/settings');
  assert.equal(written.json.publicUrl, 'https://malote.empresa.com.br');
  assert.equal(written.json.internalUrl, 'http://localhost:7071/malote');
  const cleared = await api.call('PATCH', '/api/settings', {
    ifMatch: written.etag,
    body: { defaultLanguage: null, internalUrl: null, retentionDays: { mails: 90 } },
  });
  assert.deepEqual(cleared.json, {
    ...unwritten.json,
    publicUrl: 'https://malote.empresa.com.br',
    branding: { name: 'Empresa', logoUrl: null, accent: null, privacyUrl: null },
    retentionDays: { mails: 90, surveys: null },
  });
  const same = await api.call('PATCH', '/api/settings', { ifMatch: cleared.etag, body: {} });
  assert.equal(same.etag, cleared.etag);
});

test('a date is midnight in the time zone of the settings', async () => {
  const { etag } = await api.call('GET', '/api/settings');
  await api.call('PATCH', '/api/settings', { ifMatch: etag, body: { timeZone: 'Asia/Tokyo' } });
  await put('fuso', { name: 'Fuso' });
  const { json } = await api.call('POST', '/api/services', { body: serviceNamed('Fuso', 'fuso') });
  assert.equal(json.readFromAt, '2026-02-28T15:00:00.000Z');
});

const base = 'give the base address alone, such as https://atendimento.empresa.com.br';
for (const [body, field, says] of [
  [{ publicUrl: 'malote.empresa.com.br' }, 'publicUrl', 'must begin with https://'],
  [{ publicUrl: 'http://malote.empresa.com.br' }, 'publicUrl', 'must begin with https://'],
  [{ publicUrl: 'https://malote.empresa.com.br/?a=1' }, 'publicUrl', `has a query or a fragment; ${base}`],
  [{ publicUrl: 'https://malote.empresa.com.br/#a' }, 'publicUrl', `has a query or a fragment; ${base}`],
  [{ publicUrl: 'https://a:b@malote.empresa.com.br' }, 'publicUrl', `has a login; ${base}`],
  [{ publicUrl: 'https://malote.empresa.com.br/api/x' }, 'publicUrl', 'has the path of a method'],
  [{ publicUrl: 5 }, 'publicUrl', 'must be a text'],
  [{ internalUrl: 'ftp://x' }, 'internalUrl', 'must begin with https://'],
  [{ defaultLanguage: 'fr' }, 'defaultLanguage', 'must be "pt-BR", "en" or "es"'],
  [{ timeZone: 'Brasília' }, 'timeZone', 'is not the name of a time zone'],
  [{ timeZone: '-03:00' }, 'timeZone', 'is not the name of a time zone'],
  [{ branding: { logoUrl: 'logo.png' } }, 'branding.logoUrl', 'must be an address that begins with https://'],
  [{ branding: { colour: 'red' } }, 'branding.colour', 'is not a member that is known here'],
  [{ retentionDays: { mails: 0 } }, 'retentionDays.mails', 'must be a whole number from 1 to 3650'],
  [{ webhook: 'x' }, 'webhook', 'is not a member that is known here'],
] as const) {
  test(`settings: ${field} ${says.slice(0, 40)}: ${JSON.stringify(body)}`, async () => {
    const { etag } = await api.call('GET', '/api/settings');
    const answer = await api.call('PATCH', '/api/settings', { ifMatch: etag, body });
    assert.equal(answer.status, 422);
    assert.deepEqual(fieldsOf(answer), [field]);
    assert.ok(answer.json.errors[0].message.startsWith(`${field} ${says}`), answer.json.errors[0].message);
  });
}
