// A mailbox that is moved to another account or server with the mail in it: what was published is known again, what is new comes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailReceived } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';

const room = await useMailroom();
const { dovecot } = room;
const plain = (subject: string) =>
  `From: a@example.net\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.net>\r\n\r\nText\r\n`;
const receivedAt = new Date('2026-11-01T10:00:00Z');

test('mail that was copied with its dates is not published anew', { skip: dovecot.skip }, async () => {
  const old = await dovecot.newMailbox();
  const service = await room.register(old, { mailbox: { afterRead: { action: 'move', folder: 'Feito' } } });
  for (const subject of ['one', 'two']) await old.deliver('INBOX', plain(subject), { receivedAt });
  await room.fetch(service);
  await room.received(service, 'mail.received', 2);

  const moved = await dovecot.newMailbox('Feito');
  for (const { raw } of await old.list('INBOX')) await moved.deliver('INBOX', raw, { receivedAt });
  await moved.deliver('INBOX', plain('three'));
  const path = `/api/services/${service}`;
  const { etag } = await room.call('GET', path);
  const mailbox = { username: moved.user, auth: { password: moved.password } };
  const changed = await room.call('PATCH', path, { body: { mailbox }, ifMatch: etag });
  assert.equal(changed.status, 200, JSON.stringify(changed.json));
  await room.received(service, 'mail.received', 3);
  // The fetch of the change may still be at work.
  await room.fetchUntil(service, 'idle');
  const subjects = room
    .events(service)
    .filter(({ type }) => type === 'mail.received')
    .map(({ data }) => (data as MailReceived).headers.subject);
  assert.deepEqual(subjects.toSorted(), ['one', 'three', 'two']);
  assert.equal((await moved.list('Feito')).length, 3, 'all of them leave the folder');
});
