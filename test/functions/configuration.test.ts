// The configuration as a file, by HTTP: read, judged, and made so.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Api, serviceNamed, startApi } from '../http/api.ts';

let api: Api;
before(async () => {
  api = await startApi({}, ['configuration']);
});
after(() => api.close());

type Result = {
  kind: string;
  name: string;
  outcome: string;
  fields?: string[];
  code?: string;
  errors?: unknown;
};
type File = Record<'services' | 'groups' | 'forms' | 'schedules', Record<string, unknown>[]> & {
  settings: Record<string, unknown>;
};

const read = async (): Promise<File> => (await api.call('GET', '/api/configuration')).json;
const apply = (body: unknown, dryRun = false) =>
  api.call('POST', `/api/configuration${dryRun ? '?dryRun=true' : ''}`, { body });
const shown = ({ results }: { results: Result[] }) =>
  results.map(({ kind, name, outcome, fields, code }) =>
    [kind, name, outcome, fields ?? code].flat().join(' ').trim(),
  );

const week = { mon: [{ from: '08:00', to: '18:00' }] };
const file = () => ({
  settings: { timeZone: 'Europe/Lisbon' },
  schedules: [{ id: 'dia', name: 'Dia', timeZone: 'Europe/Lisbon', week }],
  groups: [{ id: 'vendas', name: 'Vendas' }],
  forms: [
    {
      id: 'ficha',
      name: 'Ficha',
      language: 'en',
      fields: [{ id: 'a', label: 'A', type: 'text', source: 'subject' }],
    },
  ],
  services: [
    {
      ...serviceNamed('Um', 'vendas'),
      groups: [{ groupId: 'vendas', scheduleId: 'dia' }],
      formId: 'ficha',
      active: false,
    },
  ],
});

test('a file is judged first, then made so, and left when it comes again', async () => {
  const expected = [
    'settings settings changed timeZone',
    'schedule dia created',
    'group vendas created',
    'form ficha created',
    'service Um created',
  ];
  const dry = await apply(file(), true);
  assert.deepEqual([dry.status, shown(dry.json)], [200, expected]);
  assert.deepEqual((await read()).services, []);
  const done = await apply(file());
  assert.deepEqual(shown(done.json), expected);
  assert.deepEqual(done.json.counts, { created: 4, changed: 1, left: 0, refused: 0 });

  const whole = await read();
  assert.equal(whole.settings.timeZone, 'Europe/Lisbon');
  assert.ok(!JSON.stringify(whole).includes('password'));
  const again = await apply(whole);
  assert.deepEqual(again.json.counts, { created: 0, changed: 0, left: 5, refused: 0 });
  const audit = await api.database.audit.items.readAll().fetchAll();
  assert.equal(audit.resources.length, 5);
});

test('a record becomes what is written of it, and what the file has not stays', async () => {
  const { services } = await read();
  const [service = {}] = services;
  const { formId: _none, ...rest } = service;
  const change = {
    services: [{ ...rest, name: 'UM', pollSeconds: 300 }],
    groups: [{ id: 'vendas', name: 'Vendas 2' }],
  };
  const expected = ['group vendas changed name', 'service UM changed name formId pollSeconds'];
  assert.deepEqual(shown((await apply(change, true)).json).map(sorted), expected.map(sorted));
  assert.deepEqual(shown((await apply(change)).json).map(sorted), expected.map(sorted));
  const now = await read();
  assert.equal(now.services[0]?.formId, undefined);
  assert.equal(now.forms.length, 1);
});

test('one that is refused says so by name, and the others go on', async () => {
  const [kept = {}] = (await read()).services;
  const mailbox = kept.mailbox as object;
  const other = serviceNamed('Dois', 'vendas');
  const change = {
    groups: [{ id: 'n1', name: 'N1' }, { id: 'n1', name: 'N1' }, { id: '?', name: 'x' }, { id: 'n2' }],
    services: [
      { ...kept, mailbox: { ...mailbox, host: 'other.empresa.com.br' } },
      { ...kept, name: 'Sem senha', mailbox: { ...mailbox, address: 'sem@empresa.com.br' } },
      { ...other, active: false, groups: [{ groupId: 'n1' }] },
      { ...other, name: 'Três', active: false },
      { ...other, name: 'dois' },
      {
        ...other,
        name: 'Quatro',
        groups: [{ groupId: 'n2' }],
        mailbox: { ...other.mailbox, address: 'q@x.com.br' },
      },
      {},
    ],
  };
  const dry = await apply(change, true);
  const done = await apply(change);
  for (const { json } of [dry, done])
    assert.deepEqual(shown(json), [
      'group n1 created',
      'group n1 refused invalid',
      'group ? refused malformed_parameter',
      'group n2 refused invalid',
      'service UM refused invalid',
      'service Sem senha refused invalid',
      'service Dois created',
      'service Três refused conflict',
      'service dois refused invalid',
      'service Quatro refused invalid',
      'service  refused invalid',
    ]);
  const [field] = done.json.results.find(({ name }: Result) => name === 'Sem senha').errors;
  assert.equal(field.field, 'mailbox.auth.password');
  assert.equal((await read()).services.length, 2);
});

test('an earlier start is agreed to in the file', async () => {
  const [dois = {}] = (await read()).services;
  const earlier = (confirm: object) => ({ services: [{ ...dois, readFrom: '2020-01-01', ...confirm }] });
  assert.match((await apply(earlier({}), true)).json.results[0].detail, /"confirm": true/);
  assert.deepEqual(shown((await apply(earlier({ confirm: true }))).json), [
    `service ${dois.name} changed readFrom readFromAt`,
  ]);
});

test('is for administrators, and takes nothing it does not know', async () => {
  for (const as of ['Supervisor', 'Platform'] as const) {
    assert.equal((await api.call('GET', '/api/configuration', { as })).status, 403);
    assert.equal((await api.call('POST', '/api/configuration', { as, body: {} })).status, 403);
  }
  assert.equal((await apply({ group: [] })).status, 422);
  assert.equal((await apply({ groups: [1] })).status, 422);
  assert.deepEqual((await apply({})).json.results, []);
});

const sorted = (text: string) => text.split(' ').toSorted().join(' ');
