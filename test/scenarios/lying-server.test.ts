// A server that tells too small a size for a mail, larger than we ever hold: it comes in, and so do the others, in one fetch.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailReceived } from '../../schemas/events.d.ts';
import { localAuthority } from '../support/authority.ts';
import { useMailroom } from '../support/mailroom.ts';
import { sha256 } from '../support/mixed-mails.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';

const longMail = Buffer.concat([
  Buffer.from('From: a@example.net\r\nSubject: long\r\n\r\n'),
  Buffer.alloc(65 * 1024 * 1024, 'a line of a mail that is far longer than was told\r\n'),
]);
const mails = [
  Buffer.from('From: a@example.net\r\nSubject: first\r\n\r\nText\r\n'),
  longMail,
  Buffer.from('From: a@example.net\r\nSubject: last\r\n\r\nText\r\n'),
];

/** The answer to a FETCH of mails' bytes, of the range that was asked for. */
function fetchOf(command: string) {
  const [, set = ''] = /^UID FETCH (\S+)/.exec(command) ?? [];
  const [start = 0, length = 0] = (/<([\d.]+)>/.exec(command)?.[1] ?? '').split('.').map(Number);
  const [first = 0, last = first] = set.split(':').map(Number);
  const rows = mails.slice(first - 1, last).map((mail, index) => {
    const part = mail.subarray(start, start + length);
    const uid = first + index;
    return [`* ${uid} FETCH (UID ${uid} BODY[]<${start}> {${part.length}}\r\n`, part, ')\r\n'];
  });
  return [...rows.flat(), 'TAG OK done'];
}

const server = await startScriptedImap(
  {
    SELECT: '* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\nTAG OK [READ-WRITE] selected',
    'UID SEARCH': '* SEARCH 1 2 3\r\nTAG OK done',
    'UID FETCH 1:3 (UID INTERNALDATE': [
      ...mails.map(
        (_, index) =>
          `* ${index + 1} FETCH (UID ${index + 1} INTERNALDATE "01-Mar-2026 10:00:0${index} +0000" RFC822.SIZE 60)\r\n`,
      ),
      'TAG OK done',
    ],
    'UID FETCH': fetchOf,
    'UID STORE': 'TAG NO not in this test',
  },
  await localAuthority(),
);
const room = await useMailroom({ environment: { MAIL_EXTRA_PORTS: `${server.port}` } });

test('all mails are taken in, whole, without a failure of the mailbox', {
  skip: room.dovecot.skip,
}, async () => {
  const service = await room.register(await room.dovecot.newMailbox(), { mailbox: { port: server.port } });
  await room.fetch(service);
  const events = await room.received(service, 'mail.received', 3);
  const raws = events
    .map(({ data }) => data as MailReceived)
    .map(({ headers, raw }) => [headers.subject, raw.sha256]);
  assert.deepEqual(raws.toSorted(), [
    ['first', sha256(mails[0]!)],
    ['last', sha256(mails[2]!)],
    ['long', sha256(longMail)],
  ]);
  const { json } = await room.call('GET', `/api/services/${service}/status`);
  assert.equal(json.lastError, null);
});
