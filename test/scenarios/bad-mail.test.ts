// One mail that its server cannot tell of, give, move or delete: all the others come in and leave, and it is said which.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { startMailProxy } from '../../local/mail/fault-proxy.ts';
import { findFreePorts } from '../../local/mail/free-ports.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import type { TestMailbox } from '../support/dovecot.ts';
import { aDayLater } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';

const [port = 0] = await findFreePorts(1);
const room = await useMailroom({ environment: { MAIL_EXTRA_PORTS: `${port}` } });
const { dovecot } = room;
const proxy = await startMailProxy({ port, serverPort: dovecot.ports.imap, tls: dovecot.authority });
after(() => proxy.close());
afterEach(() => proxy.faults.clear());

const move = { afterRead: { action: 'move', folder: 'Feito' } };
const deliver = (mailbox: TestMailbox, subject: string) =>
  mailbox.deliver('INBOX', `From: a@example.net\r\nSubject: ${subject}\r\n\r\nText of ${subject}\r\n`);
const statusOf = async (service: string) => (await room.call('GET', `/api/services/${service}/status`)).json;
const subjects = (service: string) =>
  room
    .events(service)
    .filter(({ type }) => type === 'mail.received')
    .map(({ data }) => (data as MailReceived).headers.subject);
const stateOf = async (service: string, uid: string) => {
  const { json } = await room.call('GET', `/api/mails?serviceId=${service}&limit=200`);
  return json.items.find((item: { source: { id: string } }) => item.source.id === uid)?.state;
};
const subjectAsideOf = async (service: string) => {
  const { json } = await room.call('GET', `/api/mails?serviceId=${service}&state=setAside`);
  return json.items.map(({ subject, from }: { subject: string; from: string }) => [subject, from]);
};

/** A mailbox with mails of UIDs from 1 on. */
async function mailboxOf(count: number, settings = {}) {
  const mailbox = await dovecot.newMailbox('Feito');
  for (let uid = 1; uid <= count; uid++) await deliver(mailbox, `${uid}`);
  return { mailbox, service: await room.register(mailbox, { mailbox: { port, ...settings } }) };
}

/** The server falls over these commands, or refuses them, until told otherwise. */
function fault(action: 'drop' | 'refuse', ...commands: string[]): void {
  for (const on of commands) proxy.faults.add({ on, action });
}

describe('a mail', { skip: dovecot.skip }, () => {
  test('that the server cannot give is set aside after the others, and taken in when it can', async () => {
    const { mailbox, service } = await mailboxOf(4);
    // With or without others.
    fault('drop', ...['1:4', '3', '3:4', '1:3'].map(set => `UID FETCH ${set} (UID BODY`));
    assert.equal(await room.fetch(service), 'failed');
    assert.equal((await statusOf(service)).lastError.code, 'connection_lost');
    await room.fetchUntil(service, 'idle');
    assert.deepEqual(subjects(service), ['1', '2', '4']);
    assert.equal(await stateOf(service, '3'), 'setAside');
    assert.deepEqual(await subjectAsideOf(service), [['3', 'a@example.net']]);
    assert.equal((await mailbox.list('INBOX')).length, 1);
    assert.equal((await statusOf(service)).state, 'healthy');

    proxy.faults.clear();
    await aDayLater(room, service);
    await room.fetch(service);
    await room.received(service, 'mail.received', 4);
    assert.equal(await stateOf(service, '3'), 'published');
    assert.equal((await mailbox.list('INBOX')).length, 0);
  });

  test('whose date the server cannot tell is set aside after the others, and taken in when it can', async () => {
    const { mailbox, service } = await mailboxOf(4);
    fault('drop', ...['1:4', '3'].map(set => `UID FETCH ${set} (UID INTERNALDATE`));
    assert.equal(await room.fetch(service), 'failed');
    await deliver(mailbox, 'new');
    assert.equal(await room.fetch(service), 'failed');
    assert.equal((await statusOf(service)).lastError.code, 'connection_lost');
    await room.received(service, 'mail.received', 3);
    assert.deepEqual(subjects(service), ['new', '1', '2']);
    await room.fetchUntil(service, 'idle');
    assert.deepEqual(subjects(service), ['new', '1', '2', '4']);
    assert.equal(await stateOf(service, '3'), 'setAside');
    assert.equal((await statusOf(service)).state, 'healthy');

    proxy.faults.clear();
    await aDayLater(room, service);
    await room.fetch(service);
    await room.received(service, 'mail.received', 5);
    assert.equal(await stateOf(service, '3'), 'published');
    assert.equal((await mailbox.list('INBOX')).length, 0);
  });

  test('that the server refuses to move stays alone, and keeps no other from being moved', async () => {
    const { mailbox, service } = await mailboxOf(6, move);
    fault('refuse', ...['1:6', '1:3', '3'].map(set => `UID MOVE ${set} `));
    await room.fetch(service);
    assert.equal((await mailbox.list('Feito')).length, 5);
    const { state, disposalError, counts } = await statusOf(service);
    assert.deepEqual([state, disposalError.code, counts.undisposed], ['failing', 'disposal_refused', 1]);

    await deliver(mailbox, 'new');
    await room.fetch(service);
    assert.equal((await mailbox.list('Feito')).length, 6);
    const second = (await statusOf(service)).disposalError;
    assert.deepEqual([second.failures, second.since], [2, disposalError.since]);
    assert.equal(await room.tick(service), 'idle');

    proxy.faults.clear();
    await room.fetch(service);
    assert.equal((await mailbox.list('Feito')).length, 7);
    assert.equal((await statusOf(service)).state, 'healthy');
    assert.equal(room.events(service).filter(({ type }) => type === 'service.failing').length, 1);
  });

  test('over which the server breaks the connection when it is to be moved is left to the last', async () => {
    const { mailbox, service } = await mailboxOf(4, move);
    fault('drop', 'UID MOVE 1:4 ', 'UID MOVE 2 ');
    assert.equal(await room.fetch(service), 'failed');
    assert.equal((await mailbox.list('Feito')).length, 0);
    await deliver(mailbox, 'new');
    assert.equal(await room.fetch(service), 'failed');
    assert.equal(await room.fetch(service), 'failed');
    assert.equal((await mailbox.list('Feito')).length, 4);
    const { lastError, disposalError, counts } = await statusOf(service);
    assert.deepEqual([lastError, disposalError.code, counts.undisposed], [null, 'connection_lost', 1]);

    proxy.faults.clear();
    assert.equal(await room.fetch(service), 'done');
    assert.equal((await mailbox.list('Feito')).length, 5);
    assert.equal((await statusOf(service)).state, 'healthy');
  });

  test('that breaks the connection when it is to be moved does not keep others from being read', async () => {
    const { mailbox, service } = await mailboxOf(1, move);
    fault('drop', 'UID MOVE');
    assert.equal(await room.fetch(service), 'failed');
    await deliver(mailbox, 'comes later');
    await room.tick(service);
    await room.received(service, 'mail.received', 2);
  });

  test('is not looked for where the server refuses to move any', async () => {
    const { mailbox, service } = await mailboxOf(8, move);
    // All eight, four, two, and both of these alone. A sixth command would be obeyed.
    proxy.faults.add({ on: 'UID MOVE', action: 'refuse', times: 5 });
    await room.fetch(service);
    assert.deepEqual([proxy.faults.list(), (await mailbox.list('Feito')).length], [[], 0]);
    await room.fetch(service);
    assert.equal((await mailbox.list('Feito')).length, 8);
    assert.equal((await statusOf(service)).state, 'healthy');
  });
});
