// What is deployed is the bundle: it must do what the source does.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import type { MailReceived } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';

execFileSync(process.execPath, ['build.ts']);
const room = await useMailroom({ entry: 'dist/functions/*.js' });
const { dovecot } = room;

test('the bundled app takes a mail in, parsed in its thread', { skip: dovecot.skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  await mailbox.deliver('INBOX', 'Subject: bundled\r\nContent-Type: text/html\r\n\r\n<p>Ol&aacute;</p>');
  const service = await room.register(mailbox);
  assert.equal(await room.fetch(service), 'done');
  const [event] = await room.received(service, 'mail.received', 1);
  const { text, parse } = event!.data as MailReceived;
  assert.equal(text.trim(), 'Olá');
  assert.notEqual(parse.status, 'failed');
});
