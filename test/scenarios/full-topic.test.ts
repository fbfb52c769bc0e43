// A topic without room: mail waits where it is, no mail is accused of it, and all is published once when there is room again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useMailroom } from '../support/mailroom.ts';

const room = await useMailroom();
const { dovecot, stack } = room;
const plain = (n: number) => `From: a@example.net\r\nSubject: ${n}\r\n\r\nText\r\n`;

for (const protocol of ['imap', 'pop3'] as const) {
  test(`over ${protocol} mail waits for a full topic, and no mail is accused`, {
    skip: dovecot.skip,
  }, async () => {
    const mailbox = await dovecot.newMailbox();
    for (const n of [1, 2, 3]) await mailbox.deliver('INBOX', plain(n));
    const port = protocol === 'imap' ? dovecot.ports.imaps : dovecot.ports.pop3s;
    const service = await room.register(mailbox, { mailbox: { protocol, port } });
    stack.serviceBus.faults.add({ on: 'send mail-events', action: 'refuse', isFull: true });
    // More often than a mail may end a worker before it is set aside.
    for (let fetches = 0; fetches < 5; fetches += 1) assert.equal(await room.fetch(service), 'failed');
    const { json: status } = await room.call('GET', `/api/services/${service}/status`);
    assert.equal(status.lastError, null, 'the mailbox is blamed');
    assert.equal(status.counts.setAside, 0);
    if (protocol === 'imap') assert.equal((await mailbox.list('INBOX')).length, 3);
    const failed = room.worker().facts.findLast(fact => fact.event === 'publish-failed');
    assert.deepEqual([failed?.code, failed?.mails], ['dependency_unavailable', 3]);
    stack.serviceBus.faults.clear();
    assert.equal(await room.fetch(service), 'done');
    await room.received(service, 'mail.received', 3);
    const ids = room
      .events(service)
      .filter(({ type }) => type === 'mail.received')
      .map(({ id }) => id);
    assert.equal(ids.length, 3, 'published more than once');
    const { json: after } = await room.call('GET', `/api/services/${service}/status`);
    assert.deepEqual([after.counts.published, after.counts.setAside], [3, 0]);
    assert.equal((await mailbox.list('INBOX')).length, 0);
  });
}
