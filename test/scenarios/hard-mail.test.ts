// Mails and mailboxes that make it hard: nothing is lost, and nothing stands in the way of the others.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { startMailProxy } from '../../local/mail/fault-proxy.ts';
import { findFreePorts } from '../../local/mail/free-ports.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { imapGeneration, mailKeyOf } from '../../shared/domain/mail/key.ts';
import { newMailbox } from '../../shared/domain/mailbox/mailbox.ts';
import type { TestMailbox } from '../support/dovecot.ts';
import { aDayLater, changeRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { sha256 } from '../support/mixed-mails.ts';
import { until } from '../support/until.ts';

const [port = 0] = await findFreePorts(1);
const room = await useMailroom({
  environment: { MAIL_EXTRA_PORTS: `${port}`, LEASE_SECONDS: '2', SLICE_SECONDS: '1' },
});
const { dovecot } = room;
const proxy = await startMailProxy({ port, serverPort: dovecot.ports.imap, tls: dovecot.authority });
after(() => proxy.close());
afterEach(() => {
  proxy.faults.clear();
  room.stack.cosmos.faults.clear();
  room.stack.blob.faults.clear();
});

const plain = (subject: string, extra = '') =>
  Buffer.from(`From: a@example.net\r\nSubject: ${subject}\r\n${extra}\r\nText of ${subject}\r\n`);
const register = (mailbox: TestMailbox, changes: Record<string, unknown> = {}) =>
  room.register(mailbox, { mailbox: { port, ...changes } });
const received = (service: string) =>
  room
    .events(service)
    .filter(({ type }) => type === 'mail.received')
    .map(({ data }) => data as MailReceived);
const subjects = (service: string) => received(service).map(({ headers }) => headers.subject);
const statusOf = async (service: string) => (await room.call('GET', `/api/services/${service}/status`)).json;
const statesOf = async (service: string): Promise<Record<string, string>> => {
  const { json } = await room.call('GET', `/api/mails?serviceId=${service}&limit=200`);
  return Object.fromEntries(
    json.items.map((item: { source: { id: string }; state: string }) => [item.source.id, item.state]),
  );
};

describe('intake', { skip: dovecot.skip }, () => {
  test('goes on with another account whose folder counts its mails like the last one', async () => {
    const [old, other] = [await dovecot.newMailbox(), await dovecot.newMailbox()];
    for (const mailbox of [old, other]) {
      await mailbox.deliver('INBOX', plain(mailbox === old ? 'of the old' : 'of the other'));
      await dovecot.resetInbox(mailbox, 1_234_567);
    }
    const service = await register(old);
    assert.equal(await room.fetch(service), 'done');
    const { etag } = await room.call('GET', `/api/services/${service}`);
    const changed = await room.call('PATCH', `/api/services/${service}`, {
      ifMatch: etag,
      body: { mailbox: { username: other.user, auth: { password: other.password } } },
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.json));
    await room.fetch(service);
    await room.received(service, 'mail.received', 2);
    assert.deepEqual(subjects(service), ['of the old', 'of the other']);
  });

  test('is not locked out by a database that fails when a fetch has just begun', async () => {
    const mailbox = await dovecot.newMailbox();
    // A group that is not known yet has to be asked for.
    await room.call('PUT', '/api/groups/new', { body: { name: 'New' } });
    const service = await room.register(mailbox, { mailbox: { port }, groups: [{ groupId: 'new' }] });
    assert.equal(await room.fetch(service), 'idle');
    await mailbox.deliver('INBOX', plain('waits for the database'));
    room.stack.cosmos.faults.add({ on: 'query catalog', action: 'refuse' });
    assert.equal(await room.fetch(service), 'failed');
    room.stack.cosmos.faults.clear();
    await room.fetchUntil(service, 'done');
    await room.received(service, 'mail.received', 1);
  });

  test('a connection that breaks within a large mail is the mailbox failing, and the mail comes whole later', async () => {
    const mailbox = await dovecot.newMailbox();
    const raw = Buffer.concat([
      Buffer.from('Subject: large\r\n\r\n'),
      Buffer.alloc(9_000_000, 'a line of a large mail\r\n'),
    ]);
    await mailbox.deliver('INBOX', raw);
    const service = await register(mailbox);
    proxy.cutAfterBytes(4_000_000);
    assert.equal(await room.fetch(service), 'failed');
    assert.equal((await statusOf(service)).lastError.code, 'connection_lost');
    assert.equal(await room.fetch(service), 'done');
    await room.received(service, 'mail.received', 1);
    assert.equal(received(service)[0]?.raw.sha256, sha256(raw));
  });

  test('publishes nothing again when the server counts its mails anew, unless it only seems the same', async () => {
    let mailbox = await dovecot.newMailbox();
    const at = (seconds: number) => ({ receivedAt: new Date(Date.UTC(2026, 5, 1, 10, 0, seconds)) });
    const named = 'Message-ID: <same@example.net>\r\n';
    await mailbox.deliver('INBOX', plain('kept as it was'), at(0));
    await mailbox.deliver('INBOX', plain('named', named), at(0));
    await mailbox.deliver('INBOX', plain('of the same name', named), at(5));
    const service = await register(mailbox, { afterRead: { action: 'move', folder: 'Feito' } });
    await room.fetch(service);
    await room.received(service, 'mail.received', 3);

    mailbox = await dovecot.resetInbox(mailbox, 7_654_321);
    await mailbox.deliver('INBOX', plain('named, as a server writes it anew', named), at(10));
    await mailbox.deliver('INBOX', plain('of the same name, two minutes later', named), at(125));
    await mailbox.createFolder('Feito');
    await room.fetch(service);
    await room.received(service, 'mail.received', 4);
    assert.deepEqual(subjects(service), [
      'kept as it was',
      'named',
      'of the same name',
      'of the same name, two minutes later',
    ]);
    const { counts } = await statusOf(service);
    assert.deepEqual([counts.published, counts.reappeared, counts.undisposed], [4, 4, 0]);
    assert.equal((await mailbox.list('Feito')).length, 5);
  });

  test('lets a mail wait whose text cannot be stored, and publishes the others', async () => {
    let mailbox = await dovecot.newMailbox();
    await mailbox.deliver(
      'INBOX',
      plain('long', `\r\n${'A line of a text too long for an event.\r\n'.repeat(4000)}`),
    );
    await mailbox.deliver('INBOX', plain('short'));
    mailbox = await dovecot.resetInbox(mailbox, 1_111_111);
    const service = await register(mailbox);
    const generation = generationOf(mailbox, 1_111_111n);
    const long = mailKeyOf(service as ServiceId, generation, '1');
    room.stack.blob.faults.add({ on: `PUT mails/${service}/${long}/body.json`, action: 'refuse' });
    assert.equal(await room.fetch(service), 'failed');
    await room.received(service, 'mail.received', 1);
    assert.deepEqual(subjects(service), ['short']);
    assert.equal((await mailbox.list('INBOX')).length, 1);

    room.stack.blob.faults.clear();
    assert.equal(await room.fetch(service), 'done');
    await room.received(service, 'mail.received', 2);
  });

  test('tidies a mailbox of many mails in slices, and takes new mail in meanwhile', async () => {
    let mailbox = await dovecot.newMailbox('Feito');
    await dovecot.fillInbox(
      mailbox,
      Array.from({ length: 501 }, (_, n) => plain(`taken in before ${n}`)),
    );
    await mailbox.list('INBOX');
    mailbox = await dovecot.resetInbox(mailbox, 2_222_222);
    const service = await register(mailbox, { afterRead: { action: 'move', folder: 'Feito' } });
    await changeRecord(room, service, () => ({
      ...newMailbox(service as ServiceId),
      generation: generationOf(mailbox, 2_222_222n),
      takenIn: '1:501',
    }));
    await mailbox.deliver('INBOX', plain('new'));
    proxy.faults.add({ on: 'UID MOVE', action: 'delay', delayMs: 1_100, times: 2 });
    assert.equal(await room.fetch(service), 'done');
    await room.received(service, 'mail.received', 1);
    assert.equal((await mailbox.list('Feito')).length, 502);
    assert.deepEqual(outcomesOf(service), ['continued', 'done']);
  });

  test('a mail that ends every worker is not looked into, then set aside, and tried again a day later', async () => {
    const mailbox = await dovecot.newMailbox();
    await mailbox.deliver('INBOX', plain('poison'));
    const service = await register(mailbox);
    await dieOver(service, 3);
    await mailbox.deliver('INBOX', plain('harmless'));
    await room.fetchUntil(service, 'done');
    await room.received(service, 'mail.received', 1);
    assert.deepEqual(subjects(service), ['harmless']);
    assert.equal((await statesOf(service))['1'], 'setAside');
    assert.equal((await mailbox.list('INBOX')).length, 1);
    assert.equal(await room.fetch(service), 'idle');

    await aDayLater(room, service);
    await room.fetch(service);
    await room.received(service, 'mail.received', 2);
    assert.deepEqual(received(service)[1]?.parse.defects[0]?.code, 'not_parsed');
    assert.equal((await mailbox.list('INBOX')).length, 0);
  });
});

const outcomesOf = (service: string) =>
  room
    .worker()
    .facts.filter(fact => fact.event === 'mailbox-fetched' && fact.serviceId === service)
    .map(({ outcome }) => outcome);

/** Kills a worker while a mail is on its way to Blob, and the next one, and so on. */
async function dieOver(service: string, times: number): Promise<void> {
  const { faults } = room.stack.blob;
  for (let death = 1; death <= times; death++) {
    const killed = Promise.withResolvers<void>();
    faults.add({ on: `PUT mails/${service}`, action: 'delay', until: killed.promise, times: 1 });
    // The bus may give the last worker's message to the next one as soon as that is there.
    if (death > 1) await room.restart();
    await room.begin(service);
    await until('the mail to be in flight', () => faults.list().length === 0);
    await room.worker().kill();
    await changeRecord(room, service, mailbox => {
      assert.equal(mailbox?.inFlight.length, 1);
      // The lease ends with its holder: waiting for that is another test's.
      return { ...mailbox, lease: { owner: 'dead', expiresAt: new Date(0).toISOString() } };
    });
    killed.resolve();
  }
  await room.restart();
}

function generationOf({ user }: TestMailbox, uidValidity: bigint): string {
  return imapGeneration({ host: dovecot.host, port, username: user, folder: 'INBOX' }, uidValidity);
}
