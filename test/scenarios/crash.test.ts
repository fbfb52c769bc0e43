// A worker that dies in the middle, dependencies that fail, two workers at once: nothing is lost, nothing comes twice in effect.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailReceived, MaloteEvent } from '../../schemas/events.d.ts';
import { readRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { until } from '../support/until.ts';

const room = await useMailroom({ environment: { SLICE_SECONDS: '1', LEASE_SECONDS: '2' } });
const { dovecot } = room;
/** A batch and some. */
const MANY = 110;
const plain = (n: number) =>
  Buffer.from(`From: a@example.net\r\nSubject: ${n}\r\nMessage-ID: <${n}@example.net>\r\n\r\nText ${n}\r\n`);
const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);
const received = (serviceId: string) => room.events(serviceId).filter(({ type }) => type === 'mail.received');
const subjectsOf = (events: MaloteEvent[]) => [
  ...new Map(events.map(event => [event.id, (event.data as MailReceived).headers.subject])).values(),
];
const inOrder = (subjects: string[]) => subjects.toSorted((a, b) => Number(a) - Number(b));
const movedSubjects = (mails: { raw: Buffer }[]) =>
  mails.map(({ raw }) => /Subject: (.*)\r/.exec(raw.toString())![1]!);

/** Fetches until there is nothing left to do, as the ticks would. */
const converge = (service: string) => room.fetchUntil(service, 'idle');

async function mailboxOf(count: number) {
  const mailbox = await dovecot.newMailbox('Feito');
  for (let n = 0; n < count; n++) await mailbox.deliver('INBOX', plain(n));
  const service = await room.register(mailbox, {
    mailbox: { afterRead: { action: 'move', folder: 'Feito' } },
  });
  return { mailbox, service };
}

async function assertAllOnce({ mailbox, service }: Awaited<ReturnType<typeof mailboxOf>>, count: number) {
  await room.received(service, 'mail.received', count);
  assert.deepEqual(inOrder(subjectsOf(received(service))), numbers(count));
  assert.equal((await mailbox.list('INBOX')).length, 0);
  assert.deepEqual(inOrder(movedSubjects(await mailbox.list('Feito'))), numbers(count));
  const { json: status } = await room.call('GET', `/api/services/${service}/status`);
  assert.deepEqual([status.counts.published, status.counts.undisposed], [count, 0]);
}

describe('intake survives', { skip: dovecot.skip }, () => {
  test('a worker killed in the middle', async () => {
    const all = await mailboxOf(20);
    const killed = Promise.withResolvers<void>();
    room.stack.cosmos.faults.add({ on: 'batch ledger', action: 'delay', until: killed.promise });
    await room.begin(all.service);
    await until('the first mails to be published', () => received(all.service).length > 0);
    await room.worker().kill();
    assert.equal((await all.mailbox.list('INBOX')).length, 20, 'it was killed too late to show anything');
    for (let n = 20; n < 25; n++) await all.mailbox.deliver('INBOX', plain(n));
    await room.restart();
    room.stack.cosmos.faults.clear();
    killed.resolve();
    await converge(all.service);
    await assertAllOnce(all, 25);
  });

  test('a worker killed before it asked for any mail: the lease says what was in its hands', async () => {
    const all = await mailboxOf(3);
    const killed = Promise.withResolvers<void>();
    room.stack.cosmos.faults.add({ on: 'query ledger', action: 'delay', until: killed.promise });
    await room.begin(all.service);
    await until('the lease to be taken', async () => (await readRecord(room, all.service)).lease !== null);
    await room.worker().kill();
    assert.deepEqual((await readRecord(room, all.service)).inFlight, ['1', '2', '3']);
    await room.restart();
    room.stack.cosmos.faults.clear();
    killed.resolve();
    await converge(all.service);
    await assertAllOnce(all, 3);
    const { suspects, setAside } = await readRecord(room, all.service);
    assert.deepEqual([suspects, setAside], [[], []]);
  });

  test('answers that are lost after the database and the blobs did their work', async () => {
    const all = await mailboxOf(30);
    // Two losses of one request are made up for at once; these go on until the slice gives up.
    room.stack.cosmos.faults.add({ on: 'batch ledger', action: 'dropAfter', times: 4 });
    room.stack.cosmos.faults.add({ on: 'replace mailboxes', action: 'dropAfter', times: 4 });
    room.stack.blob.faults.add({ on: 'PUT mails/', action: 'dropAfter', times: 3 });
    await converge(all.service);
    await assertAllOnce(all, 30);
  });

  test('connections that are reset now and then: the slice does not even notice', async () => {
    const all = await mailboxOf(0);
    await room.fetch(all.service);
    for (let n = 0; n < 30; n++) await all.mailbox.deliver('INBOX', plain(n));
    room.stack.cosmos.faults.add({ on: 'batch ledger', action: 'dropAfter', times: 1 });
    room.stack.cosmos.faults.add({ on: 'replace mailboxes', action: 'dropAfter', times: 1 });
    room.stack.blob.faults.add({ on: 'PUT mails/', action: 'drop', times: 1 });
    assert.equal(await room.fetch(all.service), 'done');
    await assertAllOnce(all, 30);
  });

  test('a bus that refuses: mail stays in the mailbox, and the mailbox is not blamed', async () => {
    const all = await mailboxOf(5);
    room.stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
    assert.equal(await room.fetch(all.service), 'failed');
    assert.equal((await all.mailbox.list('INBOX')).length, 5);
    const { json: status } = await room.call('GET', `/api/services/${all.service}/status`);
    assert.equal(status.lastError, null);
    room.stack.serviceBus.faults.clear();
    await converge(all.service);
    await assertAllOnce(all, 5);
  });

  test('a backlog is worked off in slices that are continued', async () => {
    // A slice of a second takes in two batches of 100: one, and what was begun ahead.
    room.stack.serviceBus.faults.add({ on: 'send mail-events', action: 'delay', delayMs: 1_100 });
    const all = await mailboxOf(401);
    await converge(all.service);
    room.stack.serviceBus.faults.clear();
    await assertAllOnce(all, 401);
    const outcomes = room
      .worker()
      .facts.filter(({ event, serviceId }) => event === 'mailbox-fetched' && serviceId === all.service);
    // A continuation has to be continued, too.
    const continued = outcomes.filter(({ outcome }) => outcome === 'continued');
    assert.ok(continued.length >= 2, JSON.stringify(outcomes));
  });

  test('a service changed in the middle of a slice: the slice ends, the next one goes on', async () => {
    const all = await mailboxOf(MANY);
    const sent = Promise.withResolvers<void>();
    room.stack.cosmos.faults.add({ on: 'batch ledger', action: 'delay', until: sent.promise });
    await room.begin(all.service);
    await until('the first mails to be published', () => received(all.service).length > 0);
    const { etag } = await room.call('GET', `/api/services/${all.service}`);
    const changed = await room.call('PATCH', `/api/services/${all.service}`, {
      ifMatch: etag,
      body: { discardDisabled: true },
    });
    assert.equal(changed.status, 200);
    room.stack.cosmos.faults.clear();
    sent.resolve();
    await converge(all.service);
    await assertAllOnce(all, MANY);
    const told = received(all.service).map(event => (event.data as MailReceived).service.discardDisabled);
    assert.ok(told.includes(true) && told.includes(false));
  });
});
