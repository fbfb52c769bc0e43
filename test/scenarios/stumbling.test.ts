// The app itself stumbles over one mail: a defect of ours. The others come in all the same, and the mail is not lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useMailroom } from '../support/mailroom.ts';
import { until } from '../support/until.ts';

/** As support/stumbling-app.ts has it. */
const stumblingSubject = 'Nobody foresaw this';

const room = await useMailroom({ entry: 'test/support/stumbling-app.ts' });
const { dovecot } = room;

test('a mail that makes the app stumble holds up no other, and is set aside in the end', {
  skip: dovecot.skip,
}, async () => {
  const mailbox = await dovecot.newMailbox();
  for (const subject of ['1', '2', stumblingSubject, '4', '5']) {
    await mailbox.deliver('INBOX', `From: a@example.net\r\nSubject: ${subject}\r\n\r\nText\r\n`);
  }
  const service = await room.register(mailbox);
  await room.begin(service);
  const status = await until('all others to be published, and the one set aside', async () => {
    const { json } = await room.call('GET', `/api/services/${service}/status`);
    return json.counts.published === 4 && json.counts.setAside === 1 && json;
  });
  assert.equal(status.counts.undisposed, 0);
  assert.deepEqual((await mailbox.list('INBOX')).length, 1);
  const events = await room.received(service, 'mail.received', 4);
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
});
