// What every reader keeps to, whatever the mailbox: each mail once, nothing lost, and a status that says what is wrong.
import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import type { MailReceived, MaloteEvent } from '../../schemas/events.d.ts';
import type { Account, MailSource } from './mail-sources.ts';
import { mixedMails, sha256 } from './mixed-mails.ts';
import { until } from './until.ts';

type Json = Record<string, unknown>;

const dataOf = (event: MaloteEvent) => event.data as MailReceived;
const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);
const inOrder = (subjects: string[]) => subjects.toSorted((a, b) => Number(a) - Number(b));
const subjectOf = (raw: Buffer) => /^Subject: (.*)\r$/m.exec(raw.toString('latin1'))?.[1] ?? '';
/** Received at an instant, for servers that note it and for those whose mails alone tell. */
const mailOf = (subject: string, at = new Date()) =>
  `Received: from a by b; ${at.toUTCString()}\r\nFrom: a@example.net\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.net>\r\n\r\nText of ${subject}\r\n`;

/** Mails that no parser likes. */
const brokenMails = [
  Buffer.from(
    'Subject: cut off\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nText',
  ),
  Buffer.concat([
    Buffer.from('Subject: binary\r\n\r\n'),
    Buffer.from(numbers(128).map(n => 128 + Number(n))),
    Buffer.from('\r\n'),
  ]),
  Buffer.from(
    `Subject: many parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(2_000)}`,
  ),
  Buffer.from('Subject: no end of headers\r\nContent-Type: text/plain; charset=no-such\r\nX: y\r\n'),
];

/** Declares the suite for one kind of mailbox. */
export function describeReading(source: MailSource): void {
  const { room, skip, hasFolders } = source;
  const serviceIds = new WeakMap<Account, string>();
  const register = async (account: Account, mailbox: Json = {}, changes: Json = {}) => {
    await room.call('PUT', '/api/groups/support', { body: { name: 'Suporte' } });
    const { auth, ...rest } = mailbox;
    const settings = { ...account.settings, ...rest, auth: { ...account.settings.auth, ...(auth as Json) } };
    const name = String(account.settings.address);
    const body = {
      name,
      readFrom: '2020-01-01',
      groups: [{ groupId: 'support' }],
      mailbox: settings,
      ...changes,
    };
    const id = await room.create(body);
    serviceIds.set(account, id);
    return id;
  };
  const toBeMoved = hasFolders ? { afterRead: { action: 'move', folder: 'Feito' } } : {};
  const accountOf = async (count: number) => {
    const account = await source.newAccount(...(hasFolders ? ['Feito'] : []));
    const service = await register(account, toBeMoved);
    await room.fetch(service);
    for (const subject of numbers(count)) await account.deliver(mailOf(subject));
    return { account, service };
  };
  const received = (service: string) => room.events(service).filter(({ type }) => type === 'mail.received');
  const subjectsOf = (service: string) => [
    ...new Map(received(service).map(event => [event.id, dataOf(event).headers.subject])).values(),
  ];
  const statusOf = async (service: string) =>
    (await room.call('GET', `/api/services/${service}/status`)).json;
  const fetchSoon = (service: string) => room.begin(service);
  /** Fetches until there is nothing left to do, as the ticks would. */
  const converge = (service: string) => room.fetchUntil(service, 'idle');
  const assertAllOnce = async (
    { account, service }: { account: Account; service: string },
    count: number,
  ) => {
    await room.received(service, 'mail.received', count);
    assert.deepEqual(inOrder(subjectsOf(service)), numbers(count));
    assert.equal((await account.list('INBOX')).length, 0);
    if (hasFolders) {
      const moved = (await account.list('Feito')).map(({ raw }) => subjectOf(raw));
      assert.deepEqual(inOrder(moved), numbers(count));
    }
    const { counts } = await statusOf(service);
    assert.deepEqual([counts.published, counts.undisposed, counts.stored], [count, 0, 0]);
  };

  describe(`over ${source.name}`, { skip, concurrency: 4 }, () => {
    test('fifty mixed mails arrive once each, to the byte, and leave the mailbox', async () => {
      const account = await source.newAccount();
      const mails = mixedMails(50);
      for (const { raw } of mails) await account.deliver(raw);
      const service = await register(account);
      assert.equal(await room.fetch(service), 'done');
      const events = await room.received(service, 'mail.received', 50);
      assert.equal(events.length, 50);
      const bySubject = new Map(events.map(event => [dataOf(event).headers.subject, dataOf(event)]));
      for (const { kind, raw, expected } of mails) {
        const data = bySubject.get(expected.subject)!;
        assert.ok(data.text.includes(expected.text), `${kind}: ${data.text}`);
        const stored = Buffer.from(await (await room.download(data.raw.url)).arrayBuffer());
        assert.deepEqual(stored, raw, `${kind}: the raw is not what was delivered`);
      }
      assert.equal((await account.list('INBOX')).length, 0);
      if (source.trash) assert.equal((await account.list(source.trash)).length, 50);
      const { json: ledger } = await room.call('GET', `/api/mails?serviceId=${service}&limit=200`);
      const ends = ledger.items.map((item: Record<string, string>) => `${item.state}, ${item.disposal}`);
      assert.deepEqual([ends.length, ...new Set(ends)], [50, 'published, deleted']);
      const status = await statusOf(service);
      const { waiting, undisposed, stored } = status.counts;
      assert.deepEqual([status.state, waiting, undisposed, stored], ['healthy', 0, 0, 0]);
      assert.equal(await room.fetch(service), 'idle');
    });

    test('mail older than readFrom is left as it is, to the second', async () => {
      const account = await source.newAccount();
      for (const time of ['2026-02-28T12:00:00Z', '2026-03-01T11:59:59Z', '2026-03-01T12:00:00Z']) {
        const receivedAt = new Date(time);
        await account.deliver(mailOf(time, receivedAt), { receivedAt });
      }
      const service = await register(account, {}, { readFrom: '2026-03-01T09:00:00-03:00' });
      await room.fetch(service);
      await room.received(service, 'mail.received', 1);
      assert.deepEqual(subjectsOf(service), ['2026-03-01T12:00:00Z']);
      const left = await account.list('INBOX');
      assert.deepEqual(
        left.map(({ isSeen }) => isSeen),
        [false, false],
      );
      assert.equal(await room.fetch(service), 'idle');
      assert.equal((await account.list('INBOX')).length, 2);
    });

    test('broken mails arrive as far as they can be read, and hold nothing up', async () => {
      const account = await source.newAccount();
      for (const raw of brokenMails) await account.deliver(raw);
      await account.deliver(mailOf('sound'));
      const service = await register(account);
      assert.equal(await room.fetch(service), 'done');
      const events = await room.received(service, 'mail.received', brokenMails.length + 1);
      const stored = events.map(event => dataOf(event).raw.sha256);
      for (const raw of brokenMails) assert.ok(stored.includes(sha256(raw)), subjectOf(raw));
      assert.ok(subjectsOf(service).includes('sound'));
      assert.equal((await account.list('INBOX')).length, 0);
    });

    test('a refused login is reported with cause and cure while another mailbox goes on', async () => {
      const { auth, code, cure } = source.wrongLogin;
      const [locked, open] = [await source.newAccount(), await source.newAccount()];
      await open.deliver(mailOf('goes on'));
      const failing = await register(locked, { auth });
      const healthy = await register(open);
      assert.equal(await room.fetch(failing), 'failed');
      assert.equal(await room.fetch(healthy), 'done');

      const status = await statusOf(failing);
      assert.deepEqual([status.state, status.lastError.code], ['failing', code]);
      assert.match(status.lastError.cure, cure);
      assert.doesNotMatch(JSON.stringify(status), /wrong/);
      assert.equal((await room.received(failing, 'service.failing', 1)).length, 1);

      const { etag } = await room.call('GET', `/api/services/${failing}`);
      const right = Object.fromEntries(Object.keys(auth).map(name => [name, locked.settings.auth[name]]));
      const mended = { mailbox: { auth: right } };
      const { status: changed } = await room.call('PATCH', `/api/services/${failing}`, {
        body: mended,
        ifMatch: etag,
      });
      assert.equal(changed, 200);
      await room.fetch(failing);
      await room.received(failing, 'service.recovered', 1);
      assert.equal((await statusOf(failing)).lastError, null);
    });

    test('a mail that comes back is recognised, deleted again, and not published again', async () => {
      const account = await source.newAccount();
      const receivedAt = new Date('2026-06-01T10:00:00Z');
      await account.deliver(mailOf('comes back', receivedAt), { receivedAt });
      const service = await register(account);
      await room.fetch(service);
      await account.deliver(mailOf('comes back', receivedAt), { receivedAt });
      await room.fetch(service);
      assert.equal((await account.list('INBOX')).length, 0);
      const { json: ledger } = await room.call('GET', `/api/mails?serviceId=${service}`);
      const states = ledger.items.map((item: { state: string }) => item.state).toSorted();
      assert.deepEqual(states, ['published', 'reappeared']);
      assert.equal(received(service).length, 1);
    });

    test('mail of a service that wants approval is held, and leaves the mailbox', async () => {
      const account = await source.newAccount();
      await account.deliver(mailOf('please approve'));
      const service = await register(account, {}, { approvalRequired: true });
      await room.fetch(service);
      await room.received(service, 'mail.held', 1);
      const { json: ledger } = await room.call('GET', `/api/mails?serviceId=${service}&state=held`);
      assert.equal(ledger.items.length, 1);
      assert.equal((await account.list('INBOX')).length, 0);
    });

    test('a mail of 20 MB is streamed into Blob to the byte', async () => {
      const account = await source.newAccount();
      const content = Buffer.alloc(15_000_000, 'abcdefghij');
      const raw = Buffer.concat([
        Buffer.from(
          'Subject: large\r\nContent-Type: application/zip; name=large.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n',
        ),
        Buffer.from(content.toString('base64').replace(/.{76}/g, '$&\r\n')),
      ]);
      await account.deliver(raw);
      const service = await register(account);
      await room.fetch(service);
      const [event] = await room.received(service, 'mail.received', 1);
      const data = dataOf(event!);
      assert.equal(data.raw.sha256, sha256(raw));
      const attachments = data.attachments.map(each => [each.name, each.sizeBytes, each.sha256]);
      assert.deepEqual(attachments, [['large.zip', content.length, sha256(content)]]);
    });

    test('several fetches at once: one works, the others step back', async () => {
      const all = await accountOf(30);
      await Promise.all(Array.from({ length: 4 }, () => fetchSoon(all.service)));
      await converge(all.service);
      await assertAllOnce(all, 30);
      assert.equal(received(all.service).length, 30);
    });

    const withFolders = hasFolders ? test : undefined;

    withFolders?.(
      'a missing destination: mail is taken in once, stays, and is moved when it is there',
      async () => {
        const account = await source.newAccount();
        for (const subject of numbers(3)) await account.deliver(mailOf(subject));
        const service = await register(account, toBeMoved);
        await room.fetch(service);
        assert.equal((await room.received(service, 'mail.received', 3)).length, 3);
        const { state, disposalError } = await statusOf(service);
        assert.deepEqual([state, disposalError.code], ['failing', 'destination_missing']);
        assert.equal((await account.list('INBOX')).length, 3);
        await account.createFolder('Feito');
        await room.fetch(service);
        await assertAllOnce({ account, service }, 3);
        assert.equal(received(service).length, 3);
      },
    );

    withFolders?.('a missing folder is reported, and read when it is there', async () => {
      const account = await source.newAccount();
      const service = await register(account, { folder: 'Pedidos' });
      assert.equal(await room.fetch(service), 'failed');
      const { lastError } = await statusOf(service);
      assert.equal(lastError.code, 'folder_missing');
      await account.createFolder('Pedidos');
      assert.equal(await room.fetch(service), 'idle');
      assert.equal((await statusOf(service)).lastError, null);
    });
  });

  describe(`over ${source.name}, whatever goes wrong`, { skip }, () => {
    afterEach(() => {
      for (const { faults } of [source, room.stack.serviceBus, room.stack.cosmos, room.stack.blob])
        faults.clear();
    });

    test('a server that asks to wait: shown as throttled, waited for, nothing lost', async () => {
      const all = await accountOf(5);
      source.faults.add({ on: source.steps.look, action: 'throttle', delayMs: 120_000 });
      assert.equal(await room.fetch(all.service), 'failed');
      const { lastError, nextAttemptAt } = await statusOf(all.service);
      assert.equal(lastError.code, 'mailbox_throttled');
      // A failure that tells no time waits for a minute.
      const leastMs = source.tellsWait ? 110_000 : 30_000;
      assert.ok(Date.parse(nextAttemptAt) > Date.now() + leastMs);
      assert.equal(await room.tick(all.service), 'waiting');
      source.faults.clear();
      await converge(all.service);
      await assertAllOnce(all, 5);
    });

    const withTokens = source.endTokens ? test : undefined;

    withTokens?.('tokens that end in the middle of a fetch', async () => {
      const all = await accountOf(110);
      const ended = Promise.withResolvers<void>();
      room.stack.cosmos.faults.add({ on: 'batch ledger', action: 'delay', until: ended.promise });
      await fetchSoon(all.service);
      await until('the first mails to be published', () => received(all.service).length > 0);
      source.endTokens?.();
      room.stack.cosmos.faults.clear();
      ended.resolve();
      await converge(all.service);
      await assertAllOnce(all, 110);
    });

    test('a worker killed while it renews its lease, looks, stores, publishes, records and disposes', async () => {
      const { look, dispose } = source.steps;
      // Any mailbox at work renews its lease: the one that stops there has to be the first.
      const steps = [
        [room.stack.cosmos.faults, 'replace mailboxes'],
        [source.faults, look],
        [room.stack.blob.faults, 'PUT mails/'],
        [room.stack.serviceBus.faults, 'send mail-events'],
        [room.stack.cosmos.faults, 'batch ledger'],
        [source.faults, dispose],
      ] as const;
      const all = await Promise.all(steps.map(() => accountOf(10)));
      const killed = Promise.withResolvers<void>();
      for (const [index, [faults, on]] of steps.entries()) {
        faults.add({ on, action: 'delay', until: killed.promise, times: 1 });
        await fetchSoon(all[index]!.service);
        await until(`the step "${on}" to be reached`, () => faults.list().length === 0);
      }
      await room.worker().kill();
      await room.restart();
      // By now nobody is left on the other side of what was held; at once, its last command might still come through.
      killed.resolve();
      await Promise.all(
        all.map(async each => {
          assert.ok((await each.account.list('INBOX')).length > 0, 'it was killed too late to show anything');
          await converge(each.service);
          await assertAllOnce(each, 10);
        }),
      );
    });
  });
}
