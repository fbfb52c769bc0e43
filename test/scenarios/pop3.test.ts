// Maildrops: nothing leaves one before it is published and recorded, whoever dies and whatever connection breaks when.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { startMailProxy } from '../../local/mail/fault-proxy.ts';
import { findFreePorts } from '../../local/mail/free-ports.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import { closeClients, getClients } from '../../shared/clients.ts';
import { finishStored } from '../../shared/flows/intake/finish-stored.ts';
import { createLog } from '../../shared/log.ts';
import { openPop3 } from '../../shared/mailboxes/pop3/session.ts';
import { clock } from '../support/clock.ts';
import type { TestMailbox } from '../support/dovecot.ts';
import { limitsFor, withPassword } from '../support/imap-subject.ts';
import { useMailroom } from '../support/mailroom.ts';
import { servePop3 } from '../support/pop3-server.ts';
import { patience, until } from '../support/until.ts';

// The app is told at its start which ports are allowed.
const [proxyPort = 0, ...serverPorts] = await findFreePorts(16);
const ports = [proxyPort, ...serverPorts].join(',');
const room = await useMailroom({
  environment: { SLICE_SECONDS: '2', MAIL_ALLOW_PLAINTEXT: 'true', MAIL_EXTRA_PORTS: ports },
});
const { dovecot } = room;
const proxy = await startMailProxy({
  protocol: 'pop3',
  port: proxyPort,
  serverPort: dovecot.ports.pop3,
});
after(() => proxy.close());
const plain = (n: number) =>
  `Received: from a by b; 22 Nov 2026 10:00:${String(n % 60).padStart(2, '0')} +0000\r\nSubject: ${n}\r\nMessage-ID: <${n}@example.net>\r\n\r\nText ${n}\r\n`;
const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);
const received = (service: string) => room.events(service).filter(({ type }) => type === 'mail.received');
const subjectsOf = (service: string) => [
  ...new Map(received(service).map(each => [each.id, (each.data as MailReceived).headers.subject])).values(),
];
const statusOf = async (service: string) => (await room.call('GET', `/api/services/${service}/status`)).json;
const disposals = async (service: string) => {
  const { json } = await room.call('GET', `/api/mails?serviceId=${service}&limit=200`);
  return json.items.map((item: { disposal: string }) => item.disposal);
};

/** Fetches until there is nothing left to do, as the ticks would. */
const converge = (service: string) => room.fetchUntil(service, 'idle');

async function mailboxOf(count: number, changes = {}) {
  const mailbox = await dovecot.newMailbox();
  for (let n = 0; n < count; n++) await mailbox.deliver('INBOX', plain(n));
  const server = { protocol: 'pop3', port: proxy.port, tls: 'none', ...changes };
  return { mailbox, service: await room.register(mailbox, { mailbox: server }) };
}

async function assertAllOnce({ mailbox, service }: { mailbox: TestMailbox; service: string }, count: number) {
  await room.received(service, 'mail.received', count);
  assert.deepEqual(
    subjectsOf(service).toSorted((a, b) => Number(a) - Number(b)),
    numbers(count),
  );
  assert.equal((await mailbox.list('INBOX')).length, 0);
  const { counts, lastError } = await statusOf(service);
  assert.deepEqual([counts.published, counts.stored, counts.undisposed, lastError], [count, 0, 0, null]);
}

describe('a maildrop', { skip: dovecot.skip, concurrency: 2 }, () => {
  // Dovecot waits eleven seconds for a lock.
  test('another client in it: busy, which is no trouble', async () => {
    // Not through the proxy: its faults are for the others.
    const all = await mailboxOf(1, { port: dovecot.ports.pop3 });
    const target = {
      protocol: 'pop3',
      host: dovecot.host,
      port: dovecot.ports.pop3,
      tls: 'none',
      username: all.mailbox.user,
      caCertificate: null,
    } as Parameters<typeof openPop3>[0]['mailbox'];
    const credential = withPassword(all.mailbox.password);
    const holder = await openPop3({ mailbox: target, credential, clock }, limitsFor(target.port), patience());
    assert.equal(await room.fetch(all.service), 'busy');
    await holder.close();
    const { lastError, nextAttemptAt } = await statusOf(all.service);
    assert.deepEqual([lastError, nextAttemptAt], [null, null]);
    await converge(all.service);
    await assertAllOnce(all, 1);
  });

  describe('survives', { concurrency: false }, () => {
    afterEach(() => {
      proxy.faults.clear();
      room.stack.serviceBus.faults.clear();
    });

    for (const command of ['RETR', 'DELE', 'QUIT']) {
      test(`a connection lost at ${command}: nothing is deleted, and nothing comes twice`, async () => {
        const all = await mailboxOf(20);
        proxy.faults.add({ on: command, action: 'drop', times: 1 });
        assert.equal(await room.fetch(all.service), 'failed');
        assert.equal((await all.mailbox.list('INBOX')).length, 20);
        await converge(all.service);
        await assertAllOnce(all, 20);
        assert.equal(received(all.service).length, 20);
        assert.deepEqual([...new Set(await disposals(all.service))], ['deleted']);
      });
    }

    test('an answer to QUIT that is lost: what is gone is gone', async () => {
      const all = await mailboxOf(5);
      proxy.faults.add({ on: 'QUIT', action: 'dropAfter', times: 1 });
      assert.equal(await room.fetch(all.service), 'failed');
      await converge(all.service);
      await assertAllOnce(all, 5);
      assert.deepEqual([...new Set(await disposals(all.service))], ['gone']);
    });

    test('a bus that refuses: mails are stored, stay, and are finished when it is back', async () => {
      const all = await mailboxOf(5);
      room.stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
      assert.equal(await room.fetch(all.service), 'failed');
      const { counts, lastError } = await statusOf(all.service);
      assert.deepEqual([counts.stored, lastError], [5, null]);
      assert.equal((await all.mailbox.list('INBOX')).length, 5);
      room.stack.serviceBus.faults.clear();
      await converge(all.service);
      await assertAllOnce(all, 5);
    });

    test('a backlog that takes many slices', async () => {
      // A slice of two seconds takes in three batches of 100 at most: two, and what was begun ahead.
      room.stack.serviceBus.faults.add({ on: 'send mail-events', action: 'delay', delayMs: 1_100 });
      const all = await mailboxOf(301);
      await converge(all.service);
      await assertAllOnce(all, 301);
      const outcomes = room.worker().facts.filter(fact => fact.serviceId === all.service);
      assert.ok(outcomes.some(({ outcome }) => outcome === 'continued'));
    });
  });
});

describe('a server that', { skip: dovecot.skip }, () => {
  const serve = (options: Parameters<typeof servePop3>[0]) =>
    servePop3({ ...options, port: serverPorts.pop() ?? 0 });
  const serviceOn = async ({ port }: { port: number }) =>
    room.register(await dovecot.newMailbox(), { mailbox: { protocol: 'pop3', port, tls: 'none' } });
  /** What the timer does, so many minutes from now. */
  const finishAt = async (minutes: number) => {
    Object.assign(process.env, room.environment);
    const clock = () => new Date(Date.now() + minutes * 60_000);
    await finishStored(await getClients(), { log: createLog(() => {}), clock });
  };
  after(closeClients);
  const mails = (count: number) => numbers(count).map(n => ({ raw: plain(Number(n)), uidl: `u${n}` }));

  test('keeps a copy of what was deleted: it is finished, no error and no loop', async () => {
    const server = await serve({ mails: mails(3), keepsCopies: true });
    const service = await serviceOn(server);
    await converge(service);
    assert.equal(server.count('DELE'), 3);
    const asked = server.count('TOP');
    assert.equal(await room.fetch(service), 'idle');
    assert.deepEqual([server.count('TOP'), server.count('RETR'), server.count('DELE')], [asked, 3, 3]);
    const { state, counts } = await statusOf(service);
    assert.deepEqual([state, counts.published, counts.undisposed], ['healthy', 3, 0]);
    assert.equal(received(service).length, 3);
  });

  test('what is left is finished for a minute, and then by the next tick: the host would end the process', async () => {
    const service = await serviceOn(await serve({ mails: mails(2) }));
    room.stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
    assert.equal(await room.fetch(service), 'failed');
    const lines: string[] = [];
    const log = createLog((_level, line) => void lines.push(line));
    Object.assign(process.env, room.environment);
    // Every look at the clock is 12 s later than the one before: the first mail takes what is left of a minute.
    let looks = 0;
    const clock = () => new Date(Date.now() + 10 * 60_000 + looks++ * 12_000);
    await finishStored(await getClients(), { log, clock });
    room.stack.serviceBus.faults.clear();
    assert.equal(lines.filter(line => line.includes('stored-unfinished')).length, 1);
    await finishAt(20);
    assert.equal((await room.received(service, 'mail.received', 2)).length, 2);
  });

  test('hides what was fetched: it is finished from its raw', async () => {
    const server = await serve({ mails: mails(2) });
    const service = await serviceOn(server);
    room.stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
    assert.equal(await room.fetch(service), 'failed');
    room.stack.serviceBus.faults.clear();
    assert.deepEqual([server.count('RETR'), server.count('QUIT')], [2, 0]);
    server.mails = [];
    await finishAt(4);
    assert.equal((await statusOf(service)).counts.stored, 2);
    await finishAt(6);
    await room.received(service, 'mail.received', 2);
    const { counts } = await statusOf(service);
    assert.deepEqual([counts.stored, counts.published], [0, 2]);
    await finishAt(7);
    assert.deepEqual(subjectsOf(service).toSorted(), ['0', '1']);
    assert.equal(received(service).length, 2);
  });

  test('hides what was fetched, of a service that is to be deleted then: it is published first', async () => {
    const server = await serve({ mails: mails(1) });
    const service = await serviceOn(server);
    room.stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse' });
    await room.fetch(service);
    room.stack.serviceBus.faults.clear();
    const remove = async () => {
      const { etag } = await room.call('GET', `/api/services/${service}`);
      return room.call('DELETE', `/api/services/${service}`, { ifMatch: etag });
    };
    const refused = await remove();
    assert.equal(refused.status, 409);
    assert.match(refused.json.detail, /1 on its way to the platform/);
    await finishAt(6);
    await room.received(service, 'mail.received', 1);
    assert.equal((await remove()).status, 204);
  });

  test('has no UIDL is read all the same', async () => {
    const server = await serve({ mails: mails(3).map(({ raw }) => ({ raw })) });
    const service = await serviceOn(server);
    await converge(service);
    assert.deepEqual([subjectsOf(service).toSorted(), server.mails.length], [['0', '1', '2'], 0]);
  });

  test('refuses to delete: mails are taken in once, and the service is shown unhealthy', async () => {
    const server = await serve({ mails: mails(2), answers: { DELE: '-ERR read-only\r\n' } });
    const service = await serviceOn(server);
    await room.fetch(service);
    await room.fetch(service);
    const { state, disposalError, counts } = await statusOf(service);
    assert.deepEqual([state, disposalError.code, counts.undisposed], ['failing', 'disposal_refused', 2]);
    assert.equal(server.count('RETR'), 2);
    assert.equal(received(service).length, 2);
  });

  test('refuses to delete one of several: the others go, and the service is shown unhealthy', async () => {
    const answers: Record<string, string> = { 'DELE 1': '-ERR locked by somebody\r\n' };
    const server = await serve({ mails: mails(3), answers });
    const service = await serviceOn(server);
    await room.fetch(service);
    const { state, disposalError, counts } = await statusOf(service);
    assert.deepEqual([state, disposalError.code, counts.undisposed], ['failing', 'disposal_refused', 1]);
    assert.deepEqual([server.mails.length, subjectsOf(service).toSorted()], [1, ['0', '1', '2']]);
    delete answers['DELE 1'];
    await room.fetch(service);
    const healed = await statusOf(service);
    assert.deepEqual([healed.state, healed.counts.undisposed, server.mails.length], ['healthy', 0, 0]);
    assert.equal(server.count('RETR'), 3);
  });

  const asideOf = async (service: string) =>
    (await room.call('GET', `/api/mails?serviceId=${service}&state=setAside`)).json.items;

  test('does not give the headers of one mail: it is set aside, and the others come, also when it is the only one', async () => {
    const [bad, ...good] = mails(3);
    const server = await serve({ mails: [bad!], answers: { 'TOP 1': '-ERR corrupt\r\n' } });
    const service = await serviceOn(server);
    await until('it to be set aside', async () => {
      await room.fetch(service);
      return (await statusOf(service)).counts.setAside === 1;
    });
    server.mails = [bad!, ...good];
    await converge(service);
    assert.deepEqual([subjectsOf(service).toSorted(), server.mails], [['1', '2'], [bad]]);
    const { state, lastError } = await statusOf(service);
    assert.deepEqual([state, lastError], ['healthy', null]);
    assert.match((await asideOf(service))[0].reason, /does not give its headers. The server said: corrupt/);
    assert.equal(server.count('RETR 1'), 0);
  });

  test('breaks the connection over the headers of one mail: the others come, and it is set aside', async () => {
    const server = await serve({ mails: mails(6), answers: { 'TOP 3 ': socket => void socket.destroy() } });
    const service = await serviceOn(server);
    const ends: string[] = [];
    await until('the others to come', async () => {
      ends.push(await room.fetch(service));
      return ends.at(-1) === 'idle';
    });
    assert.deepEqual(new Set(ends.slice(0, 4)), new Set(['failed']));
    assert.deepEqual(subjectsOf(service).toSorted(), ['0', '1', '3', '4', '5']);
    assert.equal(server.mails.length, 1);
    const { state, counts } = await statusOf(service);
    assert.deepEqual([state, counts.setAside], ['healthy', 1]);
  });

  test('gives a notice in place of a mail: it is set aside at once, published for none, and stays', async () => {
    const notice = [
      'From: Mail Delivery Subsystem <postmaster>',
      'Subject: Cannot display Unicode content',
      'Mime-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="=_20354-1795765792"',
      '',
      '',
    ].join('\r\n');
    const server = await serve({ mails: [{ raw: notice, uidl: 'n' }, ...mails(1)] });
    const service = await serviceOn(server);
    await converge(service);
    assert.deepEqual([subjectsOf(service), server.mails.length], [['0'], 1]);
    assert.match((await asideOf(service))[0].reason, /notice in its place/);
  });

  test('does not give one mail: it is set aside with what its headers say', async () => {
    const server = await serve({
      mails: mails(2),
      answers: { 'RETR 2': '-ERR lost\r\n', 'RETR 1': '-ERR lost\r\n' },
    });
    const service = await serviceOn(server);
    await until('them to be set aside', async () => {
      await room.fetch(service);
      return (await statusOf(service)).counts.setAside === 2;
    });
    const subjects = (await asideOf(service)).map(({ subject }: { subject: string }) => subject);
    assert.deepEqual(subjects.toSorted(), ['0', '1']);
  });

  test('has the maildrop locked whenever we come is a trouble after the fifth time, and keeps nobody waiting', async () => {
    const answers: Record<string, string> = { PASS: '-ERR [IN-USE] another session has it\r\n' };
    const server = await serve({ mails: mails(1), answers });
    const service = await serviceOn(server);
    // The first time is of its own accord, since it is new.
    const ends: string[] = [];
    const { state, lastError } = await until('it to be a trouble', async () => {
      ends.push(await room.tick(service));
      const status = await statusOf(service);
      if (server.count('PASS') < 5) assert.equal(status.lastError, null);
      return status.lastError ? status : undefined;
    });
    assert.deepEqual(new Set(ends), new Set(['busy']));
    assert.deepEqual([state, lastError.code, lastError.failures], ['failing', 'mailbox_busy', 5]);
    const asked = server.count('PASS');
    await room.tick(service);
    assert.equal(server.count('PASS'), asked + 1);
    assert.match(lastError.message, /another session has it/);
    assert.equal(room.events(service).filter(({ type }) => type === 'service.failing').length, 1);

    delete answers.PASS;
    assert.equal(await room.tick(service), 'done');
    const free = await statusOf(service);
    assert.deepEqual([free.state, free.lastError], ['healthy', null]);
    await room.received(service, 'service.recovered', 1);
  });

  test('is full of old mails is gone through in several fetches, once', async () => {
    const old = Array.from({ length: 4_500 }, (_, n) => ({
      raw: `Received: a; 1 Jan 2001 00:00:00 +0000\r\nSubject: old ${n}\r\n\r\n`,
      uidl: `o${n}`,
    }));
    const server = await serve({ mails: [...old, ...mails(1)] });
    const service = await serviceOn(server);
    await converge(service);
    assert.deepEqual(subjectsOf(service), ['0']);
    assert.deepEqual([server.count('TOP'), server.mails.length], [4_501, 4_500]);
  });
});
