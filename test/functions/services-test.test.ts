// The connection test by HTTP: of a record before it is saved, and of a service as it is or is to be.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { imapGeneration } from '../../shared/domain/mail/key.ts';
import { newMailbox } from '../../shared/domain/mailbox/mailbox.ts';
import { type Answer, type Api, serviceNamed, startApi } from '../http/api.ts';
import { type TestMailbox, useDovecot } from '../support/dovecot.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';

const dovecot = await useDovecot();
const elsewhere = await startScriptedImap({}, dovecot.authority);
let api: Api;

before(async () => {
  api = await startApi({
    MAIL_ALLOW_PRIVATE_HOSTS: 'true',
    MAIL_EXTRA_PORTS: [dovecot.ports.imaps || 1, elsewhere.port].join(','),
  });
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
});
after(() => api.close());

function serviceOn(mailbox: TestMailbox, name: string) {
  const service = serviceNamed(name, 'vendas');
  return {
    ...service,
    mailbox: {
      ...service.mailbox,
      host: dovecot.host,
      port: dovecot.ports.imaps,
      username: mailbox.user,
      caCertificate: dovecot.authority.caPem,
      auth: { type: 'basic', password: mailbox.password },
    },
  };
}

const fieldsOf = ({ json }: Answer) => json.errors.map(({ field }: { field: string }) => field);
const testOf = (body: object) => api.call('POST', '/api/services/test', { body });
const failedIn = ({ json }: Answer) =>
  json.steps.find(({ outcome }: { outcome: string }) => outcome === 'failed')?.step;

test('a record is tested before it is saved, whoever else has its name and login, and nothing is kept', {
  skip: dovecot.skip,
}, async () => {
  const mailbox = await dovecot.newMailbox('Lidos');
  await mailbox.deliver('INBOX', 'Subject: oi\r\n\r\n', {
    receivedAt: new Date('2026-03-01T00:00:00-03:00'),
  });
  await mailbox.deliver('INBOX', 'Subject: oi\r\n\r\n', {
    receivedAt: new Date('2026-02-28T23:59:59-03:00'),
  });
  const body = serviceOn(mailbox, 'Testado');
  for (let time = 0; time < 2; time++) {
    const answer = await testOf(body);
    assert.equal(answer.status, 200, JSON.stringify(answer.json));
    assert.equal(answer.json.ok, true, JSON.stringify(answer.json));
    assert.deepEqual(answer.json.wouldRead, { count: 1, oldest: '2026-03-01T03:00:00.000Z', exact: true });
    // The second time there is a service of this name and login.
    if (time === 0) assert.equal((await api.call('POST', '/api/services', { body })).status, 201);
  }
  assert.ok(!api.logged().includes(mailbox.password));
  assert.ok(!api.logged().includes(mailbox.user));
});

test('a record that keeps a rule badly is refused as it would be when saved, and nothing is connected to', async () => {
  const before = elsewhere.commands.length;
  const service = serviceNamed('Errado', 'vendas');
  const body = { ...service, pollSeconds: 5, mailbox: { ...service.mailbox, host: 'localhost', port: 25 } };
  const tested = await testOf(body);
  const saved = await api.call('POST', '/api/services', { body });
  assert.deepEqual([tested.status, tested.json.code], [422, 'invalid']);
  assert.deepEqual(tested.json.errors, saved.json.errors);
  assert.deepEqual(fieldsOf(await testOf({ ...serviceNamed('E', 'vendas'), createFolder: 'yes' })), [
    'createFolder',
  ]);
  const created = await api.call('POST', '/api/services', {
    body: { ...serviceNamed('E', 'vendas'), createFolder: true },
  });
  assert.match(created.json.detail, /createFolder .*connection test/);
  assert.equal(elsewhere.commands.length, before);
});

test('a missing destination is offered, and created when asked', { skip: dovecot.skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  const body = serviceOn(mailbox, 'Sem pasta');
  const offered = await testOf(body);
  assert.deepEqual([failedIn(offered), offered.json.offers], ['destination', { createFolder: 'Lidos' }]);
  assert.equal((await testOf({ ...body, createFolder: false })).json.ok, false);
  const created = await testOf({ ...body, createFolder: true });
  assert.deepEqual([created.json.ok, created.json.offers], [true, null]);
  assert.deepEqual(await mailbox.list('Lidos'), []);
});

test('a service is tested as it is without a body, and as it would be with a patch, which is not kept', {
  skip: dovecot.skip,
}, async () => {
  const mailbox = await dovecot.newMailbox('Lidos');
  const { json } = await api.call('POST', '/api/services', { body: serviceOn(mailbox, 'Guardado') });
  const path = `/api/services/${json.id}`;
  const asItIs = await api.call('POST', `${path}/test`);
  assert.deepEqual([asItIs.status, asItIs.json.ok], [200, true], JSON.stringify(asItIs.json));
  const sentBack = await api.call('POST', `${path}/test`, { body: json });
  assert.deepEqual([sentBack.status, sentBack.json.ok], [200, true], JSON.stringify(sentBack.json));
  const body = { confirm: true, readFrom: '2026-01-01', mailbox: { folder: 'Suporte' } };
  assert.equal(failedIn(await api.call('POST', `${path}/test`, { body })), 'folder');
  const wrong = await api.call('POST', `${path}/test`, {
    body: { mailbox: { auth: { password: 'wrong' } } },
  });
  assert.equal(failedIn(wrong), 'login');
  const { json: kept } = await api.call('GET', path);
  assert.deepEqual(kept, json);
  const faulty = await api.call('POST', `${path}/test`, { body: { colour: 'red' } });
  assert.deepEqual([faulty.status, fieldsOf(faulty)], [422, ['colour']]);
  const missing = await api.call('POST', '/api/services/nobody/test');
  assert.deepEqual([missing.status, missing.json.code], [404, 'not_found']);
});

test('a stored password is not sent to a new place by a test either', { skip: dovecot.skip }, async () => {
  const mailbox = await dovecot.newMailbox('Lidos');
  const { json } = await api.call('POST', '/api/services', { body: serviceOn(mailbox, 'Mudado') });
  const path = `/api/services/${json.id}/test`;
  for (const change of [
    { host: 'localhost' },
    { port: elsewhere.port },
    { username: 'somebody' },
    { caCertificate: null },
  ]) {
    const refused = await api.call('POST', path, { body: { mailbox: change } });
    assert.deepEqual([refused.status, fieldsOf(refused)], [422, ['mailbox.auth.password']]);
  }
  assert.equal(elsewhere.commands.length, 0);
  const body = { mailbox: { port: elsewhere.port, auth: { password: 'another' } } };
  assert.equal((await api.call('POST', path, { body })).json.ok, true);
  assert.ok(elsewhere.commands.some(command => command.includes('another')));
});

test('mails that the ledger has already are not counted again', { skip: dovecot.skip }, async () => {
  const mailbox = await dovecot.newMailbox('Lidos');
  for (const subject of ['one', 'two']) await mailbox.deliver('INBOX', `Subject: ${subject}\r\n\r\n`);
  const { json } = await api.call('POST', '/api/services', { body: serviceOn(mailbox, 'Contado') });
  const path = `/api/services/${json.id}/test`;
  const first = await api.call('POST', path);
  assert.equal(first.json.wouldRead.count, 2);
  const { detail } = first.json.steps.find(({ step }: { step: string }) => step === 'folder');
  const generation = imapGeneration(json.mailbox, BigInt(detail.uidValidity));
  await api.database.mailboxes.items.upsert({ ...newMailbox(json.id), generation, takenIn: '1' });
  assert.equal((await api.call('POST', path)).json.wouldRead.count, 1);
});

test('only administrators test connections', async () => {
  for (const as of ['Supervisor', 'Platform'] as const) {
    for (const path of ['/api/services/test', '/api/services/nobody/test']) {
      assert.equal((await api.call('POST', path, { as, body: {} })).status, 403);
    }
  }
});
