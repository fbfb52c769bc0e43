// Logging in to POP3 with access tokens: at a Dovecot that checks them, and at servers that take none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { MaloteError } from '../../../shared/errors.ts';
import { openPop3 } from '../../../shared/mailboxes/pop3/session.ts';
import type { Credential } from '../../../shared/mailboxes/session.ts';
import { clock } from '../../support/clock.ts';
import { nothingNoted } from '../../support/disposal-notes.ts';
import { useDovecot } from '../../support/dovecot.ts';
import { limitsFor, settingsFor } from '../../support/imap-subject.ts';
import { createMailTokens, withToken } from '../../support/mail-tokens.ts';
import { servePop3 } from '../../support/pop3-server.ts';
import { patience } from '../../support/until.ts';

const tokens = await createMailTokens();
const dovecot = await useDovecot({ oauth: { ...tokens.issuer, mechanisms: ['XOAUTH2'] } });
const { skip } = dovecot;
const raw = 'Received: from a by b; 22 Nov 2026 10:00:00 +0000\r\nSubject: Hello\r\n\r\nGood morning\r\n';
const longAgo = new Date('2000-01-01');

function open(username: string, credential: Credential, port = dovecot.ports.pop3) {
  const mailbox = settingsFor(port, { protocol: 'pop3', username });
  return openPop3({ mailbox, credential, clock }, limitsFor(port), patience());
}

const failure = async (opening: Promise<unknown>): Promise<MaloteError> => {
  const error = await opening.then(
    () => assert.fail('It was let in.'),
    error => error,
  );
  assert.ok(error instanceof MaloteError, inspect(error));
  return error;
};

test('a token of a person, and of an app, fetches and deletes', { skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  for (const token of [await tokens.ofPerson(mailbox.user), await tokens.ofApp()]) {
    await mailbox.deliver('INBOX', raw);
    const credential = withToken(token);
    const session = await open(mailbox.user, credential);
    const ids = await session.list(longAgo);
    assert.deepEqual(
      (await Array.fromAsync(session.fetch(ids))).map(mail => mail.raw.toString()),
      [raw],
    );
    await session.dispose(ids, { action: 'delete' }, nothingNoted);
    await session.maildrop!.commit();
    assert.deepEqual(await mailbox.list('INBOX'), []);
    assert.deepEqual(credential.asked, ['usual']);
  }
});

test('a token that is refused is asked for once more, and then it is login_refused with what the server said', {
  skip,
}, async () => {
  const { user } = await dovecot.newMailbox();
  const refused = {
    'past its time': await tokens.ofPerson(user, { exp: 1 }),
    'of another API': await tokens.ofPerson(user, { aud: 'https://graph.microsoft.com' }),
    'of another person': await tokens.ofPerson('bruno@contoso.example'),
    'without the permission': await tokens.ofPerson(user, { scp: 'IMAP.AccessAsUser.All' }),
  };
  for (const [what, token] of Object.entries(refused)) {
    const credential = withToken(token);
    const error = await failure(open(user, credential));
    assert.equal(error.code, 'login_refused', what);
    assert.deepEqual(credential.asked, ['usual', 'renewed'], what);
    assert.match(
      error.message,
      /refused the access token.*said: \[AUTH\] Authentication failed\. \(status: 401/,
    );
    assert.match(error.cure ?? '', /POP\.AccessAsApp.*New-ServicePrincipal.*-PopEnabled/);
    const words = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    assert.ok(!words.includes(token) && !words.includes(Buffer.from(token).toString('base64')));
  }
});

test('a token that was revoked is replaced, and the mailbox is read', { skip }, async () => {
  const { user } = await dovecot.newMailbox();
  const revoked = await tokens.ofPerson(user);
  await (await open(user, withToken(revoked))).maildrop!.commit();
  tokens.revoke(revoked);
  const credential = withToken(revoked, await tokens.ofPerson(user));
  const session = await open(user, credential);
  assert.deepEqual(await session.list(longAgo), []);
  await session.close();
  assert.deepEqual(credential.asked, ['usual', 'renewed']);
});

/** As Exchange Online announces itself. */
const capabilities = ['TOP', 'UIDL', 'SASL PLAIN XOAUTH2', 'USER'];
const answer = Buffer.from('user=ana@contoso.example\x01auth=Bearer a.b.c\x01\x01').toString('base64');

test('the token has a line to itself, once the server asks for it', async () => {
  const { port, commands } = await servePop3({ capabilities, answers: { 'AUTH XOAUTH2': '+ \r\n' } });
  await (await open('ana@contoso.example', withToken('a.b.c'), port)).close();
  assert.deepEqual(commands, ['CAPA', 'AUTH XOAUTH2', answer, 'CAPA']);
});

test('a server that announces XOAUTH2 and does not know it after all is not sent the token', async () => {
  const answers = { 'AUTH XOAUTH2': '-ERR Protocol error. 14\r\n' };
  const { port, commands } = await servePop3({ capabilities, answers });
  const error = await failure(open('ana@contoso.example', withToken('a.b.c'), port));
  assert.equal(error.code, 'login_refused');
  assert.ok(!commands.some(command => command.includes(answer)));
});

test('a server that takes no tokens is told so, and gets none', async () => {
  for (const [sasl, said] of [
    [['SASL PLAIN LOGIN'], /takes no access tokens \(XOAUTH2\)\. It offers PLAIN, LOGIN\./],
    [[], /takes no access tokens \(XOAUTH2\)\.$/],
  ] as const) {
    const server = await servePop3({ capabilities: ['TOP', 'UIDL', 'USER', ...sasl] });
    const credential = withToken('a.b.c');
    const error = await failure(open('ana@contoso.example', credential, server.port));
    assert.equal(error.code, 'login_refused');
    assert.match(error.message, said);
    assert.deepEqual([server.commands, credential.asked], [['CAPA'], ['usual']]);
  }
});

test('a login that would add a field of its own is not sent', async () => {
  const { port, commands } = await servePop3({ capabilities, answers: { 'AUTH XOAUTH2': '+ \r\n' } });
  const error = await failure(open('ana\x01auth=Bearer mine', withToken('a.b.c'), port));
  assert.equal(error.code, 'protocol_violation');
  assert.deepEqual(commands, ['CAPA']);
});
