// What holds when many change the catalogue at the same time.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Api, serviceNamed, startApi } from '../http/api.ts';

let api: Api;

before(async () => {
  api = await startApi();
});
after(() => api.close());

const range = (length: number) => Array.from({ length }, (_, index) => index);
const newGroup = (id: string) => api.call('PUT', `/api/groups/${id}`, { body: { name: id } });
const post = (body: object) => api.call('POST', '/api/services', { body });

test('of many services with one name created at once, one is', async () => {
  await newGroup('nome');
  const answers = await Promise.all(
    range(8).map(n => {
      const service = serviceNamed(n % 2 ? 'Mesmo Nome' : 'mesmo nome', 'nome');
      return post({ ...service, mailbox: { ...service.mailbox, address: `nome-${n}@empresa.com.br` } });
    }),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
  for (const { json } of answers.filter(({ status }) => status === 409)) {
    assert.deepEqual(
      json.errors.map(({ field }: { field: string }) => field),
      ['name'],
    );
  }
});

test('of many services with one mailbox created at once, one is', async () => {
  await newGroup('caixa');
  const { mailbox } = serviceNamed('Uma Caixa', 'caixa');
  const answers = await Promise.all(
    range(8).map(n => post({ ...serviceNamed(`Caixa ${n}`, 'caixa'), mailbox })),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
});

test('a service is never left naming a group that is deleted at the same time', async () => {
  const outcomes = await Promise.all(
    range(16).map(async n => {
      const id = `corrida-${n}`;
      const { etag } = await newGroup(id);
      const [created, deleted] = await Promise.all([
        post(serviceNamed(`Corrida ${n}`, id)),
        api.call('DELETE', `/api/groups/${id}`, { ifMatch: etag }),
      ]);
      const group = await api.call('GET', `/api/groups/${id}`);
      if (created.status === 201) {
        assert.deepEqual([deleted.status, group.status], [409, 200]);
        assert.match(deleted.json.detail, new RegExp(`"Corrida ${n}"`));
      } else {
        assert.deepEqual([created.status, deleted.status, group.status], [422, 204, 404]);
        assert.equal(created.json.errors[0].field, 'groups[0].groupId');
      }
      return created.status;
    }),
  );
  assert.equal(outcomes.length, 16);
});
