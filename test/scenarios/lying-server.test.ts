// Servers that do not tell the truth - of sizes, of what they copied, of which mails their UIDs mean: nothing is lost or doubled.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailReceived } from '../../schemas/events.d.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { imapGeneration } from '../../shared/domain/mail/key.ts';
import { newMailbox } from '../../shared/domain/mailbox/mailbox.ts';
import { localAuthority } from '../support/authority.ts';
import { changeRecord, readRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { sha256 } from '../support/mixed-mails.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';
import { folderMail, twoFolders } from '../support/two-folders.ts';
import { until } from '../support/until.ts';

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
const authority = await localAuthority();

/** As mailutils: 42 of 55 are copied, 10 bytes longer than they were. */
const forgetful = twoFolders(
  Array.from({ length: 55 }, (_, index) => folderMail(index + 1, { id: `m${index + 1}@example.net` })),
  { copies: mails => mails.slice(0, 42).map(mail => ({ ...mail, sizeBytes: mail.sizeBytes + 10 })) },
);
const forgetfulServer = await startScriptedImap(forgetful.script, authority);

/** Another UIDVALIDITY, and other UIDs, at every SELECT; nothing can be removed. */
const restless = twoFolders([1, 2, 3].map(n => folderMail(n, { id: `r${n}@example.net` })));
let uidValidity = 100;
const restlessServer = await startScriptedImap(
  {
    ...restless.script,
    SELECT: () => {
      uidValidity += 1;
      for (const mail of restless.inbox) mail.uid += 10;
      return `* 3 EXISTS\r\n* OK [UIDVALIDITY ${uidValidity}] v\r\nTAG OK [READ-WRITE] selected`;
    },
    'UID STORE': 'TAG NO not in this test',
  },
  authority,
);

/** Two servers behind one name that count their mails alike. */
const neighbours = ['left', 'right'].map(side =>
  twoFolders([1, 2].map(n => folderMail(n, { id: `${side}${n}@example.net` }))),
);
const [leftServer, rightServer] = await Promise.all(
  neighbours.map(({ script }) =>
    startScriptedImap({ ...script, 'UID STORE': 'TAG NO not in this test' }, authority),
  ),
);

const ports = [server, forgetfulServer, restlessServer, leftServer!, rightServer!].map(({ port }) => port);
const room = await useMailroom({ environment: { MAIL_EXTRA_PORTS: ports.join(',') } });
const statusOf = async (service: string) => (await room.call('GET', `/api/services/${service}/status`)).json;
const countOf = (commands: string[], ...parts: string[]) =>
  commands.filter(command => parts.every(part => command.includes(part))).length;
const publishedOf = (service: string) => room.events(service).filter(({ type }) => type === 'mail.received');

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

test('what a server does not show to have copied stays in the mailbox, and is not copied again', {
  skip: room.dovecot.skip,
}, async () => {
  const service = await room.register(await room.dovecot.newMailbox(), {
    mailbox: { port: forgetfulServer.port, afterRead: { action: 'move', folder: 'Feito' } },
  });
  await room.fetch(service);
  await room.received(service, 'mail.received', 55);
  assert.deepEqual([forgetful.inbox.length, forgetful.done.length], [13, 42]);
  const { state, disposalError, counts } = await statusOf(service);
  assert.deepEqual([state, disposalError.code, counts.undisposed], ['failing', 'disposal_refused', 13]);
  assert.match(disposalError.message, /13 mails to "Feito"/);

  await room.fetch(service);
  await room.fetch(service);
  assert.deepEqual([forgetful.inbox.length, forgetful.done.length], [13, 42]);
  assert.equal(countOf(forgetfulServer.commands, 'UID COPY'), 1);
  assert.equal(publishedOf(service).length, 55);

  // Somebody copies them by hand: now they may go.
  forgetful.done.push(...forgetful.inbox.map(mail => ({ ...mail, uid: mail.uid + 1000 })));
  await until('the rest to be removed', async () => {
    await room.fetch(service);
    return forgetful.inbox.length === 0;
  });
  assert.equal(countOf(forgetfulServer.commands, 'UID COPY'), 1);
  await until('the status to be healthy', async () => {
    await room.fetch(service);
    return (await statusOf(service)).state === 'healthy';
  });
});

test('a folder with another UIDVALIDITY at every session is noticed, and its mails are downloaded and recorded no more', {
  skip: room.dovecot.skip,
}, async () => {
  const service = await room.register(await room.dovecot.newMailbox(), {
    mailbox: { port: restlessServer.port },
  });
  const downloads = () => countOf(restlessServer.commands, 'BODY.PEEK[]');
  const records = async () =>
    (await room.call('GET', `/api/mails?serviceId=${service}&limit=200`)).json.items.length;
  for (let fetch = 1; fetch <= 4; fetch++) await room.fetch(service);
  await room.received(service, 'mail.received', 3);
  const [downloaded, recorded] = [downloads(), await records()];
  for (let fetch = 1; fetch <= 3; fetch++) await room.fetch(service);
  assert.deepEqual([downloads(), await records()], [downloaded, recorded]);
  assert.equal(publishedOf(service).length, 3);
  const { warnings, counts } = await statusOf(service);
  assert.match(warnings[0].message, /another UIDVALIDITY at every session/);
  assert.equal(counts.undisposed, 3);
});

test('two servers on ports of one host are two mailboxes, and a service that moves from one to the other takes nothing for known', {
  skip: room.dovecot.skip,
}, async () => {
  const mailbox = await room.dovecot.newMailbox();
  const [left = '', right = ''] = await Promise.all(
    [leftServer, rightServer].map((_, side) =>
      room.register(mailbox, {
        name: `${mailbox.user} ${side}`,
        mailbox: { port: [leftServer, rightServer][side]!.port, username: mailbox.user },
      }),
    ),
  );
  for (const service of [left, right]) {
    await room.fetch(service);
    await room.received(service, 'mail.received', 2);
  }
  const path = `/api/services/${right}`;
  const { etag } = await room.call('GET', path);
  const taken = await room.call('PATCH', path, {
    ifMatch: etag,
    body: { mailbox: { port: leftServer!.port, auth: { password: mailbox.password } } },
  });
  assert.equal(taken.status, 409, JSON.stringify(taken.json));
  await room.call('DELETE', `/api/services/${left}`, {
    ifMatch: (await room.call('GET', `/api/services/${left}`)).etag,
  });
  const moved = await room.call('PATCH', path, {
    ifMatch: etag,
    body: { mailbox: { port: leftServer!.port, auth: { password: mailbox.password } } },
  });
  assert.equal(moved.status, 200, JSON.stringify(moved.json));
  await room.fetch(right);
  await room.received(right, 'mail.received', 4);
});

test('mails that are known by a name without the port stay known', { skip: room.dovecot.skip }, async () => {
  const mailbox = await room.dovecot.newMailbox();
  const service = await room.register(mailbox, { mailbox: { port: leftServer!.port, username: 'before' } });
  const generation = imapGeneration({ host: room.dovecot.host, username: 'before', folder: 'INBOX' }, 7n);
  await changeRecord(room, service, () => ({
    ...newMailbox(service as ServiceId),
    generation,
    takenIn: '1:2',
  }));
  for (let fetch = 1; fetch <= 2; fetch++) await room.fetch(service);
  const { counts } = await statusOf(service);
  assert.deepEqual([publishedOf(service).length, counts.published, counts.undisposed], [0, 0, 2]);
  assert.equal((await readRecord(room, service)).generation, generation);
});
