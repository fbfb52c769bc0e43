// The connection test over POP3: step by step like the others, and it ends without having changed anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testConnection } from '../../../shared/mailboxes/probe/test-connection.ts';
import { useDovecot } from '../../support/dovecot.ts';
import { settingsFor, subjectFor, withPassword } from '../../support/imap-subject.ts';
import { servePop3 } from '../../support/pop3-server.ts';

const dovecot = await useDovecot();
const mail = (day: string, n = 0) =>
  `Received: from a by b; ${day} 2026 12:00:00 +0000\r\nSubject: ${n}\r\n\r\nText\r\n`;

async function tried(port: number) {
  const report = await testConnection(subjectFor(settingsFor(port, { protocol: 'pop3' })));
  return { ...report, failed: report.steps.find(({ outcome }) => outcome === 'failed') };
}

test('all goes well with Dovecot, and no mail is touched', { skip: dovecot.skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  for (const day of ['28 Feb', '5 Mar', '4 Mar']) await mailbox.deliver('INBOX', mail(day));
  const settings = settingsFor(dovecot.ports.pop3, {
    protocol: 'pop3',
    tls: 'starttls',
    host: 'localhost',
    username: mailbox.user,
    caCertificate: dovecot.authority.caPem,
  });
  const report = await testConnection(subjectFor(settings, { credential: withPassword(mailbox.password) }));
  assert.deepEqual(
    report.steps.map(({ step, outcome }) => `${step} ${outcome}`),
    ['resolve ok', 'connect ok', 'tls ok', 'login ok', 'capabilities ok', 'mails ok', 'permission skipped'],
  );
  assert.deepEqual(report.wouldRead, { count: 2, oldest: '2026-03-04T12:00:00.000Z', exact: true });
  assert.equal(report.ok, true);
  assert.equal((await mailbox.list('INBOX')).length, 3);
});

test('a password that is refused, a server without TLS and without UIDL are told where they show', async () => {
  const refusing = await servePop3({ answers: { PASS: '-ERR [AUTH] no\r\n' } });
  const { failed, steps } = await tried(refusing.port);
  assert.deepEqual([failed?.step, failed?.code], ['login', 'login_refused']);
  assert.equal(steps.find(({ step }) => step === 'tls')?.outcome, 'warning');

  const unnamed = await servePop3({ mails: [{ raw: mail('1 Apr') }] });
  const report = await tried(unnamed.port);
  assert.equal(report.ok, true);
  assert.equal(report.steps.find(({ step }) => step === 'capabilities')?.outcome, 'warning');
  assert.deepEqual([unnamed.count('RETR'), unnamed.count('DELE'), unnamed.count('QUIT')], [0, 0, 0]);
});

test('of a full mailbox only the latest headers are asked for', async () => {
  const mails = Array.from({ length: 300 }, (_, n) => ({ raw: mail('1 Apr', n), uidl: `u${n}` }));
  const server = await servePop3({ mails });
  assert.deepEqual((await tried(server.port)).wouldRead, { count: 300, oldest: null, exact: false });
  assert.equal(server.count('TOP'), 250);
});

test('a server that does not speak POP3 is protocol_violation at once', async () => {
  const server = await servePop3({ answers: { greeting: '* OK IMAP4rev1 ready\r\n' } });
  const { failed } = await tried(server.port);
  assert.deepEqual([failed?.step, failed?.code], ['connect', 'protocol_violation']);
  assert.match(failed?.message ?? '', /IMAP server/);
});

test('a server that names its mails and has no CAPA to say so (popa3d) is not warned of', async () => {
  const answers = { CAPA: '-ERR Invalid command\r\n' };
  const server = await servePop3({ mails: [{ raw: mail('1 Apr'), uidl: '4f1c' }], answers });
  const report = await tried(server.port);
  const { outcome, message } = report.steps.find(({ step }) => step === 'capabilities')!;
  assert.deepEqual([report.ok, outcome, message], [true, 'ok', 'The server names its mails (UIDL).']);
});
