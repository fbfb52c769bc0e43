// What is deployed is the bundle: it must do what the source does.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { MailReceived } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';
import { bundleApp, sharedApp } from '../support/whole-run.ts';

const own = sharedApp() === undefined ? await bundleApp() : undefined;
after(() => own?.remove());
const room = await useMailroom(own ? { entry: own.entry } : {});
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
