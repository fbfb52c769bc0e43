// From a real mailbox to the bus: what an administrator registers is what the platform receives.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MailReceived, MaloteEvent } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';
import { mixedMails, sha256 } from '../support/mixed-mails.ts';

const room = await useMailroom();
const { dovecot } = room;
const dataOf = (event: MaloteEvent) => event.data as MailReceived;
const plain = (subject: string, extra = '') =>
  Buffer.from(`From: a@example.net\r\nSubject: ${subject}\r\n${extra}\r\nText of ${subject}\r\n`);

describe('intake over IMAP', { skip: dovecot.skip, concurrency: 4 }, () => {
  test('fifty mixed mails arrive once each, whole, and the mailbox is tidied by moving', async () => {
    const mailbox = await dovecot.newMailbox('Feito');
    const mails = mixedMails(50);
    for (const { raw } of mails) await mailbox.deliver('INBOX', raw);
    const service = await room.register(mailbox, {
      mailbox: { afterRead: { action: 'move', folder: 'Feito' } },
    });
    assert.equal(await room.fetch(service), 'done');
    const events = await room.received(service, 'mail.received', 50);
    assert.equal(events.length, 50);

    const bySubject = new Map(events.map(event => [dataOf(event).headers.subject, dataOf(event)]));
    for (const { kind, raw, expected } of mails) {
      const data = bySubject.get(expected.subject);
      assert.ok(data, `no event for ${expected.subject}`);
      assert.equal(data.headers.from[0]?.address, expected.from, kind);
      assert.ok(data.text.includes(expected.text), `${kind}: ${data.text}`);
      assert.doesNotMatch(data.html ?? '', /script|onload/i);
      assert.deepEqual(
        data.classification.bounce?.recipients.map(({ address }) => address) ?? [],
        expected.bounced,
        kind,
      );
      assert.equal(data.classification.automatic, expected.automatic, kind);
      if (kind === 'attachments') {
        const seen = data.attachments.map(({ name, type, sha256, sizeBytes }) => ({
          name,
          type,
          sha256,
          sizeBytes,
        }));
        assert.deepEqual(seen, expected.attachments);
        for (const attachment of data.attachments) {
          const bytes = Buffer.from(await (await room.download(attachment.url)).arrayBuffer());
          assert.equal(sha256(bytes), attachment.sha256);
        }
      }
      const stored = Buffer.from(await (await room.download(data.raw.url)).arrayBuffer());
      assert.deepEqual(stored, raw, `${kind}: the raw is not what was delivered`);
      assert.equal(data.raw.sha256, sha256(raw));
    }
    // Texts that an event carries whole are not stored beside the raw: asked for, they are read from it again.
    const [some] = bySubject.values();
    const texts = await room.download(`/api/mails/${some!.mailKey}/body`);
    assert.deepEqual(await texts.json(), { text: some!.text, newText: some!.newText, html: some!.html });
    assert.equal((await mailbox.list('INBOX')).length, 0);
    const moved = await mailbox.list('Feito');
    assert.equal(moved.length, 50);
    assert.ok(
      moved.every(({ flags }) => !flags.includes('\\Seen')),
      'a mail was marked as seen',
    );

    const { json: status } = await room.call('GET', `/api/services/${service}/status`);
    assert.equal(status.state, 'healthy');
    assert.deepEqual([status.counts.published, status.counts.waiting, status.counts.undisposed], [50, 0, 0]);
    const { json: ledger } = await room.call('GET', `/api/mails?serviceId=${service}&limit=200`);
    assert.deepEqual(
      [...new Set(ledger.items.map((item: { disposal: string }) => item.disposal))],
      ['moved'],
    );
  });

  test('a folder without news is fetched without writing anything', async () => {
    const mailbox = await dovecot.newMailbox();
    const service = await room.register(mailbox);
    await room.fetch(service);
    const before = await room.call('GET', `/api/services/${service}/status`);
    assert.equal(await room.fetch(service), 'idle');
    const after = await room.call('GET', `/api/services/${service}/status`);
    assert.deepEqual(after.json, before.json);
    assert.notEqual(before.json.lastSuccessAt, null);
  });

  test('a missing source folder is reported by its name', async () => {
    const mailbox = await dovecot.newMailbox();
    const service = await room.register(mailbox, { mailbox: { folder: 'Suporte' } });
    assert.equal(await room.fetch(service), 'failed');
    const { json: status } = await room.call('GET', `/api/services/${service}/status`);
    assert.equal(status.lastError.code, 'folder_missing');
    assert.match(status.lastError.message, /"Suporte"/);
  });

  test('with its destination missing a mail is taken in once, stays, and is moved when the folder is there', async () => {
    const mailbox = await dovecot.newMailbox();
    await mailbox.deliver('INBOX', plain('waits'));
    const service = await room.register(mailbox, {
      mailbox: { afterRead: { action: 'move', folder: 'Feito' } },
    });
    await room.fetch(service);
    await room.received(service, 'mail.received', 1);
    const { json: status } = await room.call('GET', `/api/services/${service}/status`);
    assert.equal(status.state, 'failing');
    assert.equal(status.disposalError.code, 'destination_missing');
    assert.equal(status.counts.undisposed, 1);

    await mailbox.deliver('INBOX', plain('comes later'));
    await room.fetch(service);
    assert.equal((await mailbox.list('INBOX')).length, 2);
    await mailbox.createFolder('Feito');
    await room.fetch(service);
    assert.equal((await mailbox.list('Feito')).length, 2);
    assert.equal((await room.received(service, 'mail.received', 2)).length, 2);
    const healed = await room.call('GET', `/api/services/${service}/status`);
    assert.deepEqual([healed.json.state, healed.json.counts.undisposed], ['healthy', 0]);
  });

  test('an answer belongs to the conversation of the mail it answers', async () => {
    const mailbox = await dovecot.newMailbox();
    await mailbox.deliver('INBOX', plain('question', 'Message-ID: <q@example.net>\r\n'));
    await mailbox.deliver(
      'INBOX',
      plain('answer', 'Message-ID: <a@example.net>\r\nIn-Reply-To: <q@example.net>\r\n'),
    );
    const service = await room.register(mailbox);
    await room.fetch(service);
    await mailbox.deliver(
      'INBOX',
      plain('late', 'Message-ID: <l@example.net>\r\nReferences: <a@example.net>\r\n'),
    );
    await room.fetch(service);
    const events = (await room.received(service, 'mail.received', 3)).map(dataOf);
    assert.equal(new Set(events.map(({ conversation }) => conversation.key)).size, 1);
    const opening = events.filter(({ conversation }) => conversation.first);
    assert.deepEqual(
      opening.map(({ headers }) => headers.subject),
      ['question'],
    );
  });

  test('a text too long for the bus is cut in the event and served whole', async () => {
    const mailbox = await dovecot.newMailbox();
    const line = 'Uma linha de um texto muito longo, com acentuação.\r\n';
    const raw = `Subject: long\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${line.repeat(4000)}`;
    await mailbox.deliver('INBOX', raw);
    const service = await room.register(mailbox);
    await room.fetch(service);
    const [event] = await room.received(service, 'mail.received', 1);
    assert.ok(Buffer.byteLength(JSON.stringify(event)) < 60_000);
    const data = dataOf(event!);
    assert.equal(data.textTruncated, true);
    const body = (await (await room.download(data.bodyUrl!)).json()) as { text: string };
    assert.equal(body.text.trimEnd(), line.replaceAll('\r\n', '\n').repeat(4000).trimEnd());
    assert.ok(body.text.startsWith(data.text.slice(0, 1000)));
  });

  test('what came with a mail is offered for saving, and harmless should a browser show it', async () => {
    const mailbox = await dovecot.newMailbox();
    const raw = [
      'Subject: page',
      'Content-Type: text/html; name="página.html"',
      'Content-Disposition: attachment; filename="página.html"',
      '',
      '<script>alert(1)</script>',
    ].join('\r\n');
    await mailbox.deliver('INBOX', raw);
    const service = await room.register(mailbox);
    await room.fetch(service);
    const [event] = await room.received(service, 'mail.received', 1);
    const { attachments, raw: stored } = dataOf(event!);
    for (const url of [attachments[0]!.url, stored.url]) {
      const { status, headers } = await room.download(url);
      assert.equal(status, 200);
      assert.match(headers.get('content-disposition')!, /^attachment; filename\*=UTF-8''/);
      assert.match(headers.get('content-security-policy')!, /sandbox/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
    const { status } = await room.download(`${attachments[0]!.url}9`);
    assert.equal(status, 404);
  });

  test('an inactive service is not read', async () => {
    const mailbox = await dovecot.newMailbox();
    await mailbox.deliver('INBOX', plain('nobody reads this'));
    const service = await room.register(mailbox, { active: false });
    const refused = await room.call('POST', `/api/services/${service}/fetch`);
    assert.deepEqual([refused.status, refused.json.code], [409, 'conflict']);
    assert.equal((await mailbox.list('INBOX')).length, 1);
  });

  test('a mail of one service is not told to those without a role', async () => {
    const answer = await fetch(`${room.worker().url}/api/mails?serviceId=x`);
    assert.equal(answer.status, 401);
    assert.equal((await room.call('GET', '/api/mails?serviceId=x', { as: 'Platform' })).status, 403);
    assert.equal((await room.call('GET', `/api/mails/none`, { as: 'Platform' })).status, 404);
  });
});
