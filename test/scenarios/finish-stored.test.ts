// Mails that were stored and not published, their maildrop empty: they reach the platform whole, however long that takes; only
// one that ends workers does not.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { findFreePorts } from '../../local/mail/free-ports.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import { rawPath } from '../../shared/azure/blobs.ts';
import { closeClients, getClients } from '../../shared/clients.ts';
import type { LedgerRecord } from '../../shared/domain/mail/ledger-record.ts';
import { finishStored } from '../../shared/flows/intake/finish-stored.ts';
import { createLog } from '../../shared/log.ts';
import { changeRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { servePop3 } from '../support/pop3-server.ts';
import { until } from '../support/until.ts';

// The app is told at its start which ports are allowed; its timer runs when a test says so.
const ports = await findFreePorts(16);
const room = await useMailroom({
  environment: {
    MAIL_ALLOW_PLAINTEXT: 'true',
    MAIL_EXTRA_PORTS: ports.join(','),
    'AzureWebJobs.finish-stored.Disabled': 'true',
  },
});
const { dovecot, stack } = room;
after(closeClients);

const raw = (subject: string) =>
  [
    'Received: from a by b; 22 Nov 2026 10:00:00 +0000',
    'From: ana@example.net',
    `Subject: ${subject}`,
    `Message-ID: <${subject}@example.net>`,
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    `Text ${subject}`,
    '--b',
    'Content-Disposition: attachment; filename=order.pdf',
    '',
    'PDF',
    '--b--',
    '',
  ].join('\r\n');

const clients = async () => {
  Object.assign(process.env, room.environment);
  return getClients();
};

/** A service whose mails are stored, and hidden by their server from then on; their records by subject. */
async function storedMails(...subjects: string[]) {
  const mails = subjects.map(subject => ({ raw: raw(subject), uidl: subject }));
  const server = await servePop3({ mails, port: ports.pop() ?? 0 });
  const mailbox = { protocol: 'pop3', port: server.port, tls: 'none' };
  const service = await room.register(await dovecot.newMailbox(), { mailbox });
  const store = async () => {
    server.mails = mails;
    stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
    assert.equal(await room.fetch(service), 'failed');
    stack.serviceBus.faults.clear();
    server.mails = [];
  };
  await store();
  return { service, store, records: await recordsOf(service) };
}

async function recordsOf(service: string): Promise<Map<string, LedgerRecord>> {
  const { ledger } = (await clients()).database;
  const query = { query: "SELECT * FROM c WHERE c.kind = 'mail'" };
  const { resources } = await ledger.items.query<LedgerRecord>(query, { partitionKey: service }).fetchAll();
  return new Map(resources.map(record => [record.subject, record]));
}

const recordOf = async (service: string, subject: string) =>
  (await recordsOf(service)).get(subject) ?? assert.fail(`There is no ${subject}.`);

async function change(service: string, subject: string, members: Partial<LedgerRecord>): Promise<void> {
  const { ledger } = (await clients()).database;
  await ledger.items.upsert({ ...(await recordOf(service, subject)), ...members });
}

/** What the timer does, so many minutes from now; the codes of what it could not finish. */
async function finishAt(minutes: number): Promise<unknown[]> {
  const lines: string[] = [];
  const log = createLog((_level, line) => void lines.push(line));
  await finishStored(await clients(), { log, clock: () => new Date(Date.now() + minutes * 60_000) });
  return lines
    .map(line => JSON.parse(line))
    .filter(({ event }) => event === 'stored-unfinished')
    .map(({ code }) => code);
}

/** The app's own timer, which is at a mail when it is killed. */
async function beginInApp({ id }: LedgerRecord, end: Promise<void>): Promise<void> {
  const { faults } = stack.blob;
  faults.add({ on: `GET mails/${rawPath(id)}`, action: 'delay', until: end, times: 1 });
  await fetch(`${room.worker().url}/admin/functions/finish-stored`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  await until('the mail to be opened', () => faults.list().length === 0);
}

const receivedSoFar = (service: string) =>
  room.events(service).filter(({ type }) => type === 'mail.received');
const received = async (service: string, count: number) =>
  (await room.received(service, 'mail.received', count)).map(({ data }) => data as MailReceived);
const isWhole = ({ text, attachments, parse }: MailReceived) =>
  text.startsWith('Text ') && attachments.length === 1 && parse.status === 'ok';

describe('a stored mail', { skip: dovecot.skip, concurrency: false }, () => {
  afterEach(() => {
    for (const { faults } of [stack.serviceBus, stack.cosmos, stack.blob]) faults.clear();
  });

  test('is published whole when the bus is back after hours, and after days', async () => {
    const { service } = await storedMails('late');
    stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
    for (const minutes of [6, 59, 61, 62, 63, 600])
      assert.deepEqual(await finishAt(minutes), ['dependency_unavailable']);
    const { state, attempts } = await recordOf(service, 'late');
    assert.deepEqual([state, attempts], ['stored', undefined]);
    stack.serviceBus.faults.clear();
    assert.deepEqual(await finishAt(3 * 24 * 60), []);
    const [event] = await received(service, 1);
    assert.ok(event && isWhole(event));
    assert.equal(event.delivery.possibleDuplicate, true);
  });

  test('that ends two workers is not looked into the third time, and comes after all others', async () => {
    const { service, records } = await storedMails('poison', '1', '2');
    await dieOver(service, records, 'poison', 2);
    await finishAt(6);
    const events = await received(service, 3);
    assert.deepEqual(
      events
        .filter(isWhole)
        .map(({ headers }) => headers.subject)
        .toSorted(),
      ['1', '2'],
    );
    const last = events.at(-1)!;
    assert.deepEqual([last.headers.subject, last.parse.defects[0]?.code], ['poison', 'not_parsed']);
    assert.equal((await recordOf(service, 'poison')).attempts, undefined);
  });

  test('that ends a worker although nobody looks into it is set aside, which says what to do', async () => {
    const { service, records } = await storedMails('poison', 'other');
    await dieOver(service, records, 'poison', 3);
    await finishAt(6);
    const [only, ...more] = await received(service, 1);
    assert.deepEqual([only?.headers.subject, more], ['other', []]);
    const { json } = await room.call('GET', `/api/mails?serviceId=${service}&state=setAside`);
    assert.match(json.items[0].reason, /^Three attempts .* ended the worker.* replay it/);
    assert.equal('attempts' in json.items[0], false);
    assert.equal((await recordOf(service, 'poison')).attempts, undefined);
  });

  test('over which a worker died once, and another lived, is forgiven', async () => {
    const { service } = await storedMails('innocent');
    for (const minutes of [10, 20, 30]) {
      await change(service, 'innocent', { attempts: { deaths: 0, by: 'who died' } });
      stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
      assert.deepEqual(await finishAt(minutes), ['dependency_unavailable']);
      stack.serviceBus.faults.clear();
      assert.equal((await recordOf(service, 'innocent')).attempts, undefined);
    }
    await finishAt(40);
    assert.ok((await received(service, 1)).every(isWhole));
  });

  test('whose attempt cannot be taken back, for the database is away, is whole: the process knows that it lives', async () => {
    const { service, records } = await storedMails('alive');
    for (const minutes of [10, 20, 30]) {
      const opened = Promise.withResolvers<void>();
      const held = { on: `GET mails/${rawPath(records.get('alive')!.id)}`, times: 1 };
      stack.blob.faults.add({ ...held, action: 'delay', until: opened.promise });
      const finishing = finishAt(minutes);
      await until('it to be opened', () => stack.blob.faults.list().length === 0);
      stack.cosmos.faults.add({ on: 'batch ledger', action: 'refuse' });
      opened.resolve();
      assert.deepEqual(await finishing, ['dependency_unavailable']);
      stack.cosmos.faults.clear();
      assert.equal((await recordOf(service, 'alive')).attempts?.deaths, 0);
    }
    assert.deepEqual(receivedSoFar(service), []);
    await finishAt(40);
    assert.ok((await received(service, 1)).every(isWhole));
  });

  test('at which two are at once is told of by one of them', async () => {
    const { service, records } = await storedMails('both');
    const { id } = records.get('both')!;
    await change(service, 'both', { recordedAt: new Date(Date.now() - 600_000).toISOString() });
    const opened = Promise.withResolvers<void>();
    await beginInApp(records.get('both')!, opened.promise);
    assert.deepEqual(await finishAt(6), []);
    // Whoever told of it again would fail at this.
    stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
    opened.resolve();
    const unfinished = await until('the other to give up', () =>
      room.worker().facts.find(({ event, mailKey }) => event === 'stored-unfinished' && mailKey === id),
    );
    assert.equal(unfinished.code, 'precondition_failed');
    const { state, attempts } = await recordOf(service, 'both');
    assert.deepEqual([state, attempts], ['published', undefined]);
    assert.ok((await received(service, 1)).every(isWhole));
    assert.equal(receivedSoFar(service).length, 1);
  });

  test('over which we stumble is not looked into after the second time, and never given up', async t => {
    const { service } = await storedMails('stumble');
    const { parser } = await clients();
    t.mock.method(parser, 'parse', () => Promise.reject(new TypeError('nobody foresaw this')));
    assert.deepEqual([await finishAt(10), await finishAt(11)], [['internal'], ['internal']]);
    const skim = t.mock.method(parser, 'skim', () => Promise.reject(new TypeError('nor this')));
    assert.deepEqual([await finishAt(12), await finishAt(13)], [['internal'], ['internal']]);
    skim.mock.restore();
    assert.deepEqual(await finishAt(14), []);
    const [event] = await received(service, 1);
    assert.equal(event?.parse.defects[0]?.code, 'not_parsed');
  });

  test('into which the fetch did not look any more is not looked into by who finishes it', async t => {
    const { service, store, records } = await storedMails('suspect');
    const { id, source } = records.get('suspect')!;
    await (await clients()).database.ledger.item(id, service).delete();
    await changeRecord(room, service, mailbox => ({
      ...mailbox!,
      suspects: [{ id: source.id, deaths: 2 }],
    }));
    await store();
    const { parser } = await clients();
    const parse = t.mock.method(parser, 'parse');
    assert.deepEqual(await finishAt(6), []);
    const [event] = await received(service, 1);
    assert.deepEqual([event?.parse.defects[0]?.code, parse.mock.callCount()], ['not_parsed', 0]);
  });
});

/** Kills the app while its timer is at a mail, and the next one, and so on. */
async function dieOver(
  service: string,
  records: Map<string, LedgerRecord>,
  subject: string,
  times: number,
): Promise<void> {
  for (let death = 0; death < times; death++) {
    // What is old enough is finished: the others when the first worker has died over this one.
    const recordedAt = new Date(Date.now() - 600_000).toISOString();
    for (const each of death === 0 ? [subject] : []) await change(service, each, { recordedAt });
    const killed = Promise.withResolvers<void>();
    await beginInApp(records.get(subject)!, killed.promise);
    assert.equal((await recordOf(service, subject)).attempts?.deaths, death);
    await room.worker().kill();
    killed.resolve();
    await room.restart();
  }
}
