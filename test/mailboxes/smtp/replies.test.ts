// What real servers answer, as they were written down: which of our codes it is, and what is to be done about it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode, MaloteError } from '../../../shared/errors.ts';
import type { Credential } from '../../../shared/mailboxes/session.ts';
import { sendSmtp } from '../../../shared/mailboxes/smtp/send.ts';
import { clock } from '../../support/clock.ts';
import { limitsFor, settingsFor, withPassword } from '../../support/imap-subject.ts';
import { type SmtpScript, startScriptedSmtp } from '../../support/scripted-smtp.ts';
import { patience } from '../../support/until.ts';

const mail = {
  from: 'suporte@contoso.example',
  to: 'ana@cliente.example',
  raw: Buffer.from('Subject: x\r\n\r\nx\r\n'),
};

async function trySending(script: SmtpScript, credential: Credential = withPassword('geheim')) {
  const server = await startScriptedSmtp(script);
  const outgoing = { host: '127.0.0.1', port: server.port, tls: 'none', username: null } as const;
  const mailbox = settingsFor(993, { address: mail.from, username: mail.from, outgoing });
  const sending = sendSmtp({ mailbox, credential, clock }, mail, limitsFor(server.port), patience());
  const [result] = await Promise.allSettled([sending]);
  return { ...server, result };
}

const replies: [name: string, script: SmtpScript, code: ErrorCode, cure: RegExp][] = [
  [
    'Exchange Online, switched off for the tenant',
    {
      AUTH: '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [AM0PR02CA0001.eurprd02.prod.outlook.com]',
    },
    'permission_missing',
    /Set-CASMailbox -SmtpClientAuthenticationDisabled \$false/,
  ],
  [
    'Exchange Online, switched off for the mailbox',
    {
      AUTH: '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
    },
    'permission_missing',
    /Set-CASMailbox/,
  ],
  [
    'Gmail, no app password',
    { AUTH: '534-5.7.9 Application-specific password required.\r\n534 5.7.9 help' },
    'login_refused',
    /app password/,
  ],
  [
    'a login service that is down',
    { AUTH: '454 4.7.0 Temporary authentication failure' },
    'login_unavailable',
    /tried again/,
  ],
  [
    'Exchange Online, not allowed to send as',
    {
      content:
        '554 5.2.252 SendAsDenied; suporte@contoso.example not allowed to send as outro@contoso.example',
    },
    'permission_missing',
    /SendAs/,
  ],
  [
    'Exchange Online, too many connections',
    { content: '432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded' },
    'mailbox_throttled',
    /asked to wait/,
  ],
  [
    'Exchange Online, the limit of a day',
    { content: "550 5.1.90 Your message can't be sent because you've reached your daily limit" },
    'mailbox_throttled',
    /limits/,
  ],
  [
    'Gmail, the limit of a day',
    { content: '550 5.4.5 Daily user sending limit exceeded.' },
    'mailbox_throttled',
    /limits/,
  ],
  [
    'Postfix, greylisting',
    { 'RCPT TO': '450 4.2.0 <ana@cliente.example>: Recipient address rejected: Greylisted' },
    'sending_deferred',
    /sent again/,
  ],
  [
    'Postfix, no such user',
    { 'RCPT TO': '550 5.1.1 <ana@cliente.example>: Recipient address rejected: User unknown' },
    'recipient_refused',
    /does not exist/,
  ],
  ['a full mailbox, for ever', { 'RCPT TO': '552 5.2.2 Over quota' }, 'recipient_refused', /takes no mail/],
  [
    'no relay',
    { 'RCPT TO': '554 5.7.1 <ana@cliente.example>: Relay access denied' },
    'permission_missing',
    /submitted/,
  ],
  ['spam', { content: '550 5.7.1 Message rejected as spam' }, 'mail_refused', /SPF/],
  [
    'the address refused at the end of the mail',
    { content: '550 5.1.1 No such user' },
    'recipient_refused',
    /does not exist/,
  ],
  [
    'nobody wanted now',
    { greeting: '421 4.3.2 Service not available' },
    'mailbox_unavailable',
    /tried again/,
  ],
  [
    'nobody wanted ever',
    { greeting: '554 5.3.2 No SMTP service here' },
    'connection_refused',
    /mailbox\.outgoing\.host/,
  ],
  ['an IMAP server', { greeting: '* OK ready' }, 'protocol_violation', /587/],
  ['no way to log in', { EHLO: '250 mx.example' }, 'login_refused', /before TLS/],
];

for (const [name, script, code, cure] of replies) {
  test(`${name}: ${code}`, async () => {
    const { result } = await trySending(script);
    assert.ok(result.status === 'rejected');
    const error: MaloteError = result.reason;
    assert.equal(error.code, code, error.message);
    assert.match(error.cure ?? '', cure);
    assert.doesNotMatch(error.message, /geheim|ana@|@contoso/);
  });
}

test('the Message-ID that Exchange Online gives in the place of ours is told', async () => {
  const { result } = await trySending({
    content:
      '250 2.0.0 OK <VI1PR01MB0001@VI1PR01MB0001.eurprd01.prod.outlook.com> [Hostname=VI1PR01MB0001.eurprd01.prod.outlook.com]',
  });
  assert.ok(result.status === 'fulfilled');
  assert.equal(result.value.messageId, '<VI1PR01MB0001@VI1PR01MB0001.eurprd01.prod.outlook.com>');
});

const tokens = (...given: string[]): Credential & { asked: boolean[] } => {
  const asked: boolean[] = [];
  const token = async ({ renew } = { renew: false }) => {
    asked.push(renew);
    return given[asked.length - 1] ?? 'none-left';
  };
  return { type: 'token', token, asked };
};

test('a token goes by XOAUTH2; one that is refused is renewed once, and the reason is told', async () => {
  const good = await trySending({}, tokens('token-1'));
  assert.equal(good.result.status, 'fulfilled');
  const answer = Buffer.from(
    good.commands.find(line => line.startsWith('AUTH'))?.split(' ')[2] ?? '',
    'base64',
  );
  assert.equal(answer.toString(), `user=${mail.from}\x01auth=Bearer token-1\x01\x01`);

  const challenge = Buffer.from('{"status":"401","schemes":"Bearer"}').toString('base64');
  const script = { AUTH: `334 ${challenge}`, challenged: '535 5.7.3 Authentication unsuccessful' };
  const credential = tokens('token-1', 'token-2');
  const { result } = await trySending(script, credential);
  assert.ok(result.status === 'rejected');
  assert.deepEqual([result.reason.code, credential.asked], ['login_refused', [false, true]]);
  assert.match(result.reason.message, /status: 401/);
  assert.match(result.reason.cure, /SMTP\.SendAsApp/);
});

test('a token is never shown to a mechanism of passwords', async () => {
  const { result, commands } = await trySending(
    { EHLO: '250-mx\r\n250 AUTH PLAIN LOGIN' },
    tokens('token-1'),
  );
  assert.ok(result.status === 'rejected');
  assert.equal(result.reason.code, 'login_refused');
  assert.deepEqual(
    commands.filter(line => line.startsWith('AUTH')),
    [],
  );
});
