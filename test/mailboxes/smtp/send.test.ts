// Sending by Exim, a real server: encrypted both ways, refused, deferred, delivered, and what went wrong otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simpleParser } from 'mailparser';
import type { Outgoing, ServerMailbox } from '../../../shared/domain/service/service.ts';
import type { MaloteError } from '../../../shared/errors.ts';
import { testConnection } from '../../../shared/mailboxes/probe/test-connection.ts';
import { sendSmtp } from '../../../shared/mailboxes/smtp/send.ts';
import { composeMail } from '../../../shared/mime/compose.ts';
import { clock } from '../../support/clock.ts';
import { useDovecot } from '../../support/dovecot.ts';
import { useExim } from '../../support/exim.ts';
import { limitsFor, settingsFor, subjectFor, withPassword } from '../../support/imap-subject.ts';
import { patience, until } from '../../support/until.ts';

const dovecot = await useDovecot();
const exim = await useExim(dovecot);
const { skip } = exim;
const { submission, submissions } = exim.ports;
const allowances = limitsFor(submission, submissions, dovecot.ports.imaps);

type Sender = { address: string; password: string };

function mailboxOf({ address }: Sender, outgoing: Partial<Outgoing> = {}): ServerMailbox {
  return settingsFor(dovecot.ports.imaps, {
    address,
    username: address,
    tls: 'implicit',
    caCertificate: dovecot.authority.caPem,
    outgoing: { host: '127.0.0.1', port: submission, tls: 'starttls', username: null, ...outgoing },
  });
}

const rawOf = (from: string, to: string) =>
  composeMail({
    from: { name: 'Suporte', address: from },
    to: { name: 'Ana', address: to },
    subject: 'Re: Pedido',
    date: new Date('2026-03-02T18:00:00Z'),
    messageId: '<abc.survey@contoso.example>',
    inReplyTo: '<2@cliente.example>',
    references: ['<1@cliente.example>'],
    text: 'Como foi o atendimento?\n.\nSim',
    html: '<p>Como foi o atendimento?</p>',
  });

async function send(sender: Sender, to: string, outgoing: Partial<Outgoing> = {}) {
  const outbound = { mailbox: mailboxOf(sender, outgoing), credential: withPassword(sender.password), clock };
  const mail = { from: sender.address, to, raw: await rawOf(sender.address, to) };
  return sendSmtp(outbound, mail, allowances, patience());
}

const refusal = (sending: Promise<unknown>): Promise<MaloteError> =>
  sending.then(
    () => assert.fail('It was sent'),
    error => error,
  );

for (const [tls, port] of [
  ['starttls', submission],
  ['implicit', submissions],
] as const) {
  test(`a mail goes by TLS (${tls}), and arrives as it was written`, { skip }, async () => {
    const recipient = await exim.newRecipient();
    const sender = await exim.newSender();
    await send(sender, recipient.user, { tls, port });
    const [arrived] = await until('the mail', async () => {
      const mails = await recipient.list('INBOX');
      return mails.length > 0 && mails;
    });
    const mail = await simpleParser(arrived!.raw);
    assert.equal(mail.messageId, '<abc.survey@contoso.example>');
    assert.equal(mail.inReplyTo, '<2@cliente.example>');
    assert.deepEqual(mail.references, ['<1@cliente.example>', '<2@cliente.example>']);
    assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
    assert.equal(mail.text?.trim(), 'Como foi o atendimento?\n.\nSim');
    assert.match(arrived!.raw.toString(), new RegExp(`Return-path: <${sender.address}>`, 'i'));
  });
}

test('a login that is refused names the password that was shown', { skip }, async () => {
  const { address } = await exim.newSender();
  const error = await refusal(send({ address, password: 'outra-senha' }, 'ana@cliente.example'));
  assert.equal(error.code, 'login_refused');
  assert.match(error.cure ?? '', /mailbox\.outgoing\.password/);
  assert.doesNotMatch(error.message, /outra-senha/);
});

test('greylisting is no refusal, and later the server takes the mail', { skip }, async () => {
  const recipient = await exim.newRecipient();
  const sender = await exim.newSender();
  await exim.defer(recipient.user);
  const error = await refusal(send(sender, recipient.user));
  assert.equal(error.code, 'sending_deferred');
  assert.match(error.message, /451 4\.7\.1 Greylisted/);
  await exim.defer();
  await send(sender, recipient.user);
});

test('an address that does not exist is refused for ever, and not repeated in the message', {
  skip,
}, async () => {
  const sender = await exim.newSender();
  await exim.refuse('ninguem@cliente.example');
  const error = await refusal(send(sender, 'ninguem@cliente.example'));
  assert.equal(error.code, 'recipient_refused');
  assert.match(error.message, /550 5\.1\.1/);
  assert.doesNotMatch(error.message, /ninguem/);
});

test('a server that is down, one with another certificate, and one that wants TLS from the start', {
  skip,
}, async () => {
  const sender = await exim.newSender();
  const to = 'ana@cliente.example';
  const codeOf = async (outgoing: Partial<Outgoing>, limits = allowances) => {
    const mailbox = mailboxOf(sender, outgoing);
    const outbound = { mailbox, credential: withPassword(sender.password), clock };
    const mail = { from: sender.address, to, raw: Buffer.from('x') };
    return (await refusal(sendSmtp(outbound, mail, limits, patience()))).code;
  };
  assert.equal(await codeOf({ port: 1 }, limitsFor(1)), 'connection_refused');
  assert.equal(await codeOf({ port: 25 }), 'host_forbidden');
  assert.equal(await codeOf({ port: submission, tls: 'implicit' }), 'tls_failed');
  assert.equal(await codeOf({ tls: 'none' }, { ...allowances, allowPlaintext: false }), 'host_forbidden');
  // Without TLS it lets nobody log in, and so no password was shown to it.
  assert.equal(await codeOf({ tls: 'none' }), 'login_refused');
  const imap = await codeOf({ port: dovecot.ports.imap, tls: 'none' }, limitsFor(dovecot.ports.imap));
  assert.equal(imap, 'protocol_violation');
});

test('the connection test logs in where mail is sent by, and sends nothing', { skip }, async () => {
  const recipient = await exim.newRecipient();
  await exim.addLogin(recipient.user, recipient.password);
  const mailbox = mailboxOf({ address: recipient.user, password: '' });
  const report = (password: string) =>
    testConnection(
      subjectFor(mailbox, {
        credential: withPassword(recipient.password),
        outgoing: withPassword(password),
        allowances,
      }),
    );
  const good = await report(recipient.password);
  const step = good.steps.at(-1);
  assert.deepEqual(
    [good.ok, step?.step, step?.outcome, step?.detail?.mechanism],
    [true, 'outgoing', 'ok', 'PLAIN'],
  );
  assert.match(step?.message ?? '', /nothing was sent/);
  const bad = (await report('falsch')).steps.at(-1);
  assert.deepEqual([bad?.step, bad?.outcome, bad?.code], ['outgoing', 'failed', 'login_refused']);
  assert.deepEqual(await recipient.list('INBOX'), []);
});
