// What every kind of mailbox keeps of the promise, whatever protocol it is read by: one suite, run for each reader.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailReceived, MaloteEvent } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';
import { mixedMails, sha256 } from '../support/mixed-mails.ts';

const room = await useMailroom();
const { dovecot } = room;
const readers = {
  imap: { protocol: 'imap', port: dovecot.ports.imaps },
  pop3: { protocol: 'pop3', port: dovecot.ports.pop3s },
};

const dataOf = (event: MaloteEvent) => event.data as MailReceived;
const subjects = (events: MaloteEvent[]) => events.map(event => dataOf(event).headers.subject).toSorted();
/** Received at an instant, for servers that note it and for those whose mails alone tell. */
const received = (subject: string, at: Date) =>
  `Received: from a by b; ${at.toUTCString()}\r\nFrom: a@example.net\r\nSubject: ${subject}\r\n\r\nText of ${subject}\r\n`;

for (const [name, reader] of Object.entries(readers)) {
  describe(`over ${name}`, { skip: dovecot.skip, concurrency: 4 }, () => {
    const register = (mailbox: Parameters<typeof room.register>[0], changes: { readFrom?: string } = {}) =>
      room.register(mailbox, { ...changes, mailbox: reader });

    test('fifty mixed mails arrive once each, to the byte, and leave the mailbox', async () => {
      const mailbox = await dovecot.newMailbox();
      const mails = mixedMails(50);
      for (const { raw } of mails) await mailbox.deliver('INBOX', raw);
      const service = await register(mailbox);
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
      assert.equal((await mailbox.list('INBOX')).length, 0);
      const { json: ledger } = await room.call('GET', `/api/mails?serviceId=${service}&limit=200`);
      const ends = ledger.items.map((item: Record<string, string>) => `${item.state}, ${item.disposal}`);
      assert.deepEqual([ends.length, ...new Set(ends)], [50, 'published, deleted']);
      const { json: status } = await room.call('GET', `/api/services/${service}/status`);
      const { waiting, undisposed, stored } = status.counts;
      assert.deepEqual([status.state, waiting, undisposed, stored], ['healthy', 0, 0, 0]);
      assert.equal(await room.fetch(service), 'idle');
    });

    test('mail older than readFrom is left as it is, to the second', async () => {
      const mailbox = await dovecot.newMailbox();
      for (const time of ['2026-02-28T12:00:00Z', '2026-03-01T11:59:59Z', '2026-03-01T12:00:00Z']) {
        const receivedAt = new Date(time);
        await mailbox.deliver('INBOX', received(time, receivedAt), { receivedAt });
      }
      const service = await register(mailbox, { readFrom: '2026-03-01T09:00:00-03:00' });
      await room.fetch(service);
      assert.deepEqual(subjects(await room.received(service, 'mail.received', 1)), ['2026-03-01T12:00:00Z']);
      const left = await mailbox.list('INBOX');
      assert.equal(left.length, 2);
      assert.ok(left.every(({ flags }) => !flags.includes('\\Seen')));
      assert.equal(await room.fetch(service), 'idle');
      assert.equal((await mailbox.list('INBOX')).length, 2);
    });

    test('a wrong password is reported with cause and cure while another mailbox goes on', async () => {
      const [locked, open] = [await dovecot.newMailbox(), await dovecot.newMailbox()];
      await open.deliver('INBOX', received('goes on', new Date()));
      const wrong = { ...reader, auth: { type: 'basic', password: 'wrong' } };
      const failing = await room.register(locked, { mailbox: wrong });
      const healthy = await register(open);
      assert.equal(await room.fetch(failing), 'failed');
      assert.equal(await room.fetch(healthy), 'done');

      const { json: status } = await room.call('GET', `/api/services/${failing}/status`);
      assert.deepEqual([status.state, status.lastError.code], ['failing', 'login_refused']);
      assert.match(status.lastError.cure, /auth\.password/);
      assert.doesNotMatch(JSON.stringify(status), /wrong/);
      assert.equal((await room.received(failing, 'service.failing', 1)).length, 1);

      const { etag } = await room.call('GET', `/api/services/${failing}`);
      const mended = { mailbox: { auth: { password: locked.password } } };
      await room.call('PATCH', `/api/services/${failing}`, { body: mended, ifMatch: etag });
      await room.fetch(failing);
      await room.received(failing, 'service.recovered', 1);
      const again = await room.call('GET', `/api/services/${failing}/status`);
      assert.equal(again.json.lastError, null);
    });

    test('a mail that comes back is recognised, deleted again, and not published again', async () => {
      const mailbox = await dovecot.newMailbox();
      const receivedAt = new Date('2026-06-01T10:00:00Z');
      await mailbox.deliver('INBOX', received('comes back', receivedAt), { receivedAt });
      const service = await register(mailbox);
      await room.fetch(service);
      await mailbox.deliver('INBOX', received('comes back', receivedAt), { receivedAt });
      await room.fetch(service);
      assert.equal((await mailbox.list('INBOX')).length, 0);
      const { json: ledger } = await room.call('GET', `/api/mails?serviceId=${service}`);
      const states = ledger.items.map((item: { state: string }) => item.state).toSorted();
      assert.deepEqual(states, ['published', 'reappeared']);
      assert.equal(room.events(service).filter(({ type }) => type === 'mail.received').length, 1);
    });

    test('mail of a service that wants approval is held, and leaves the mailbox', async () => {
      const mailbox = await dovecot.newMailbox();
      await mailbox.deliver('INBOX', received('please approve', new Date()));
      const service = await room.register(mailbox, { approvalRequired: true, mailbox: reader });
      await room.fetch(service);
      await room.received(service, 'mail.held', 1);
      const { json: ledger } = await room.call('GET', `/api/mails?serviceId=${service}&state=held`);
      assert.equal(ledger.items.length, 1);
      assert.equal((await mailbox.list('INBOX')).length, 0);
    });

    test('a mail of 20 MB is streamed into Blob to the byte', async () => {
      const mailbox = await dovecot.newMailbox();
      const content = Buffer.alloc(15_000_000, 'abcdefghij');
      const raw = Buffer.concat([
        Buffer.from(
          'Subject: large\r\nContent-Type: application/zip; name=large.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n',
        ),
        Buffer.from(content.toString('base64').replace(/.{76}/g, '$&\r\n')),
      ]);
      await mailbox.deliver('INBOX', raw);
      const service = await register(mailbox);
      await room.fetch(service);
      const [event] = await room.received(service, 'mail.received', 1);
      const data = dataOf(event!);
      assert.equal(data.raw.sha256, sha256(raw));
      const attachments = data.attachments.map(each => [each.name, each.sizeBytes, each.sha256]);
      assert.deepEqual(attachments, [['large.zip', content.length, sha256(content)]]);
    });
  });
}
