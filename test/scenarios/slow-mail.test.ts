// Mails that take for ever to parse: the others do not wait for them, and they come in as far as can be said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailReceived } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';
import { sha256 } from '../support/mixed-mails.ts';
import { until } from '../support/until.ts';

/** As support/slow-parsing.ts has it. */
const slowSubject = 'takes for ever';

const room = await useMailroom({ environment: { NODE_OPTIONS: '--import ./test/support/slow-parsing.ts' } });
const { dovecot } = room;

const mailOf = (subject: string) =>
  Buffer.from(`From: a@example.net\r\nSubject: ${subject}\r\n\r\nText of ${subject}\r\n`);

test('mails that take for ever keep nobody from coming in, and are published unread', {
  skip: dovecot.skip,
}, async () => {
  const mailbox = await dovecot.newMailbox();
  const slow = ['1', '2', '3'].map(n => mailOf(`${slowSubject} ${n}`));
  for (const raw of [...slow, mailOf('behind them')]) await mailbox.deliver('INBOX', raw);
  const service = await room.register(mailbox);
  const received = () =>
    room
      .events(service)
      .filter(({ type }) => type === 'mail.received')
      .map(({ data }) => data as MailReceived);
  await room.begin(service);
  await room.received(service, 'mail.received', 1);
  await mailbox.deliver('INBOX', mailOf('came meanwhile'));
  await room.received(service, 'mail.received', 5);

  const subjects = received().map(({ headers }) => headers.subject);
  assert.ok(subjects.indexOf('came meanwhile') < 4, subjects.join(', '));
  const unread = received().filter(({ headers }) => headers.subject.startsWith(slowSubject));
  assert.deepEqual(
    unread.map(({ parse }) => [parse.status, parse.defects[0]?.code]),
    Array(3).fill(['failed', 'timed_out']),
  );
  assert.deepEqual(unread.map(({ raw }) => raw.sha256).toSorted(), slow.map(sha256).toSorted());
  await until('the mailbox to be empty', async () => (await mailbox.list('INBOX')).length === 0);

  const body = await room.download(`/api/mails/${unread[0]!.mailKey}/body`);
  assert.deepEqual(await body.json(), { text: '', newText: '', html: null });
});
