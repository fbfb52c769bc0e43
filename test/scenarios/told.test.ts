// What must be told is told, whatever is away at the time; and what nobody can do anything with is not tried for ever.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { openMailBlobs } from '../../shared/azure/blobs.ts';
import { openBus } from '../../shared/azure/bus.ts';
import { openDatabase } from '../../shared/azure/cosmos.ts';
import { readConfig } from '../../shared/config.ts';
import { announceLeft } from '../../shared/flows/intake/announce.ts';
import { createLog } from '../../shared/log.ts';
import { useMailroom } from '../support/mailroom.ts';
import { patienceMs, until } from '../support/until.ts';
import { startWorker } from '../support/worker.ts';

const room = await useMailroom();
const { dovecot, stack } = room;
const { cosmos, serviceBus } = stack;
const bus = new ServiceBusClient(serviceBus.connectionString);
after(() => bus.close());
afterEach(() => {
  serviceBus.faults.clear();
  cosmos.faults.clear();
});
const move = { afterRead: { action: 'move', folder: 'Feito' } };
const plain = (subject: string) => `From: a@example.net\r\nSubject: ${subject}\r\n\r\nText\r\n`;
const statusOf = async (service: string) => (await room.call('GET', `/api/services/${service}/status`)).json;
const eventsOf = (service: string, type: string) => room.events(service).filter(event => event.type === type);
/** What the timer does every minute. */
const sweep = async () => {
  const config = readConfig(room.environment);
  const { database, close } = await openDatabase(config.cosmos);
  const { sendEvents, close: closeBus } = await openBus(config.serviceBus);
  const clients = { database, bus: { sendEvents }, mails: await openMailBlobs(config.blob) };
  await announceLeft(
    clients,
    new Date(),
    createLog(() => {}),
  );
  await closeBus();
  close();
};
const change = async (service: string, body: unknown) => {
  const { etag } = await room.call('GET', `/api/services/${service}`);
  const { status, json } = await room.call('PATCH', `/api/services/${service}`, { body, ifMatch: etag });
  assert.equal(status, 200, JSON.stringify(json));
};

describe('the platform', { skip: dovecot.skip }, () => {
  test('hears of a trouble that began while the bus was away, and then of its end', async () => {
    const mailbox = await dovecot.newMailbox();
    const service = await room.register(mailbox, { mailbox: { auth: { type: 'basic', password: 'wrong' } } });
    serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
    assert.equal(await room.fetch(service), 'failed');
    assert.deepEqual(eventsOf(service, 'service.failing'), []);
    serviceBus.faults.clear();
    await sweep();
    const [failing] = await room.received(service, 'service.failing', 1);
    assert.equal((failing?.data as { code?: string } | undefined)?.code, 'login_refused');
    await change(service, { mailbox: { auth: { password: mailbox.password } } });
    // The change itself is what fetches.
    await room.received(service, 'service.recovered', 1);
    assert.equal((await statusOf(service)).state, 'healthy');
  });
});

describe('a change', { skip: dovecot.skip }, () => {
  test('ends a fetch of another process, which sees late what others write', async t => {
    const mailbox = await dovecot.newMailbox('Feito', 'Outra');
    for (let n = 0; n < 250; n++) await mailbox.deliver('INBOX', plain(`${n}`));
    const service = await room.register(mailbox, { mailbox: move });
    const other = await startWorker({ ...room.environment, 'AzureWebJobs.fetch-mailbox.Disabled': 'true' });
    t.after(() => other.stop());
    for (const on of ['read', 'query']) cosmos.faults.add({ on, action: 'stale', delayMs: 6_000 });
    serviceBus.faults.add({ on: 'send mail-events', action: 'delay', delayMs: 500 });
    await room.begin(service);
    await room.received(service, 'mail.received', 1);
    const ask = async (method: string, path: string, body?: unknown, ifMatch = '') =>
      fetch(other.url + path, {
        method,
        headers: {
          authorization: `Bearer ${await stack.entra.token('Admin')}`,
          'content-type': 'application/json',
          ...(ifMatch === '' ? {} : { 'if-match': ifMatch }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    // Who has written sees all that was written before; who only reads does not.
    await ask('PUT', '/api/groups/other', { name: 'Outros' });
    const { headers } = await ask('GET', `/api/services/${service}`);
    const changed = { mailbox: { afterRead: { folder: 'Outra' } } };
    const answer = await ask('PATCH', `/api/services/${service}`, changed, headers.get('etag') ?? '');
    assert.equal(answer.status, 200, await answer.text());
    // From here on nothing may go where it no longer should.
    const movedBefore = (await mailbox.list('Feito')).length;
    assert.ok(movedBefore < 250, 'all were moved before the change');
    await until('all mails to be moved', async () => {
      // As the ticks would: as long as the change is not seen, a fetch ends before it connects.
      await room.fetch(service);
      return (await mailbox.list('INBOX')).length === 0;
    });
    assert.equal((await mailbox.list('Feito')).length, movedBefore);
    assert.equal((await mailbox.list('Outra')).length, 250 - movedBefore);
    await room.received(service, 'mail.received', 250);
  });

  test('to a later readFrom leaves what waits to be moved as it is: in the folder, and in the ledger', async () => {
    const mailbox = await dovecot.newMailbox();
    await mailbox.deliver('INBOX', plain('old'), { receivedAt: new Date('2026-03-01T12:00:00Z') });
    await mailbox.deliver('INBOX', plain('new'), { receivedAt: new Date('2026-05-01T12:00:00Z') });
    const service = await room.register(mailbox, { mailbox: move });
    await room.fetch(service);
    assert.equal((await statusOf(service)).disposalError?.code, 'destination_missing');
    await change(service, { readFrom: '2026-04-01' });
    await until('the change to be fetched', async () => (await room.fetch(service)) !== 'busy');
    const { json } = await room.call('GET', `/api/mails?serviceId=${service}`);
    assert.deepEqual(
      json.items.map((item: { subject: string; disposal: string }) => [item.subject, item.disposal]),
      [
        ['new', 'pending'],
        ['old', 'pending'],
      ],
    );
    assert.deepEqual(eventsOf(service, 'service.recovered'), []);
    // Back again: it is taken up where it was left.
    await mailbox.createFolder('Feito');
    await change(service, { readFrom: '2026-01-01', confirm: true });
    await until('both to be moved', async () => {
      // As the ticks would: the fetch of the change finds the mailbox at work, if that of the change before is late.
      await room.fetch(service);
      return (await mailbox.list('Feito')).length === 2;
    });
    await room.received(service, 'service.recovered', 1);
    assert.equal(eventsOf(service, 'mail.received').length, 2);
  });
});

test('a message that nobody can do anything with ends in the dead-letter queue', async () => {
  await bus.createSender('fetch-mailbox').sendMessages({ body: { serviceId: 'a/b', reason: 'tick' } });
  const dead = bus.createReceiver('fetch-mailbox', { subQueueType: 'deadLetter' });
  const [message] = await dead.receiveMessages(1, { maxWaitTimeInMs: patienceMs });
  assert.deepEqual(message?.body, { serviceId: 'a/b', reason: 'tick' });
  const reasons = room
    .worker()
    .facts.filter(({ event, code }) => event === 'job-failed' && code === 'invalid');
  assert.match(String(reasons[0]?.message), /names no service/);
});
