// What callers can do to a request on its way to its function: the host binds more than the path, and bodies break off.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type Api, serviceNamed, startApi } from '../http/api.ts';
import { until } from '../support/until.ts';

let api: Api;
let id: string;
let etag: string;

before(async () => {
  api = await startApi();
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
  const { json, etag: first } = await api.call('POST', '/api/services', {
    body: serviceNamed('Vendas', 'vendas'),
  });
  id = json.id;
  etag = first;
});
after(() => api.close());

test('a parameter of the query does not take the place of one in the path', async () => {
  for (const name of ['id', 'ID']) {
    const { status, json } = await api.call('GET', `/api/services/${id}?${name}=other`);
    assert.deepEqual([status, json.code], [400, 'malformed_parameter']);
  }
});

test('nor does a member of the body, however it is spelt', async () => {
  const { status, json } = await api.call('PATCH', `/api/services/${id}`, {
    ifMatch: etag,
    body: { ID: 'other', name: 'Outro' },
  });
  assert.deepEqual([status, json.code, json.errors[0].field], [422, 'invalid', 'ID']);
  const group = await api.call('PUT', '/api/groups/suporte', { body: { Id: 'other', name: 'Suporte' } });
  assert.deepEqual([group.status, group.json.errors[0].field], [422, 'Id']);
});

test('a path is read as it was written, escapes and case included', async () => {
  const { status, json } = await api.call('PUT', '/API/Groups/caf%65/', { body: { name: 'Café' } });
  assert.deepEqual([status, json.id], [201, 'cafe']);
  assert.equal((await api.call('GET', '/api/services/..%2F..%2Fgroups')).status, 404);
});

test('a body that breaks off is the fault of its sender', async () => {
  const { port } = new URL(api.url);
  const token = await api.issuer.token({ roles: ['Admin'] });
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    `POST /api/services HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
      'Transfer-Encoding: chunked\r\n\r\n6\r\n{"name\r\n',
  );
  const before = api.logged().length;
  await until('the function to begin', () => api.logged().slice(before).includes('"invocation-started"'));
  socket.destroy();
  await until('the request to be refused', () => api.logged().slice(before).includes('request-refused'));
  const said = api.logged().slice(before);
  assert.match(said, /request-refused.*malformed_json/);
  assert.ok(!said.includes('request-failed'), said);
  assert.ok(!said.includes('internal'), said);
});
