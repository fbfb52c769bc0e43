// Logging in to IMAP with access tokens: at a Dovecot that checks them, and as transcripts of Exchange Online have it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { MaloteError } from '../../../shared/errors.ts';
import { openImap } from '../../../shared/mailboxes/imap/session.ts';
import type { Credential } from '../../../shared/mailboxes/session.ts';
import { clock } from '../../support/clock.ts';
import { type TestDovecot, type TestMailbox, useDovecot } from '../../support/dovecot.ts';
import { limitsFor, settingsFor, withPassword } from '../../support/imap-subject.ts';
import { createMailTokens, withToken } from '../../support/mail-tokens.ts';
import { type Script, startScriptedImap } from '../../support/scripted-imap.ts';
import { patience } from '../../support/until.ts';

const tokens = await createMailTokens();
const exchangeLike = await useDovecot({ oauth: { ...tokens.issuer, mechanisms: ['XOAUTH2'] } });
const standard = await useDovecot({ oauth: { ...tokens.issuer, mechanisms: ['OAUTHBEARER'] } });
const { skip } = exchangeLike;
const longAgo = new Date('2000-01-01');

function open(server: TestDovecot, { user }: Pick<TestMailbox, 'user'>, credential: Credential) {
  const mailbox = settingsFor(server.ports.imaps, {
    username: user,
    host: 'localhost',
    tls: 'implicit',
    caCertificate: server.authority.caPem,
    afterRead: { action: 'delete' },
  });
  return openImap({ mailbox, credential, clock }, limitsFor(mailbox.port), patience());
}

async function openScripted(script: Script, credential: Credential) {
  const server = await startScriptedImap(script);
  const target = { mailbox: settingsFor(server.port), credential, clock };
  const opening = openImap(target, limitsFor(server.port), patience());
  return { opening, commands: server.commands };
}

const failure = async (opening: Promise<unknown>): Promise<MaloteError> => {
  const error = await opening.then(
    () => assert.fail('It was let in.'),
    error => error,
  );
  assert.ok(error instanceof MaloteError, inspect(error));
  return error;
};

for (const [name, server] of [
  ['XOAUTH2', exchangeLike],
  ['OAUTHBEARER', standard],
] as const) {
  describe(`by ${name}`, { skip }, () => {
    test("a person's token reads the person's mailbox", async () => {
      const mailbox = await server.newMailbox();
      const raw = Buffer.from('Subject: Hello\r\n\r\nGood morning\r\n');
      await mailbox.deliver('INBOX', raw);
      const credential = withToken(await tokens.ofPerson(mailbox.user));
      const session = await open(server, mailbox, credential);
      const ids = await session.list(longAgo);
      assert.deepEqual(
        (await Array.fromAsync(session.fetch(ids))).map(mail => mail.raw),
        [raw],
      );
      await session.close();
      assert.deepEqual(credential.asked, ['usual']);
    });

    test("an app's token reads any mailbox", async () => {
      const token = await tokens.ofApp();
      for (let n = 0; n < 2; n++) {
        const mailbox = await server.newMailbox();
        await (await open(server, mailbox, withToken(token))).close();
      }
    });

    test('a token that is refused is asked for once more, and then it is login_refused', async () => {
      const mailbox = await server.newMailbox();
      const now = Math.floor(Date.now() / 1_000);
      const refused = {
        'past its time': await tokens.ofPerson(mailbox.user, { exp: now - 1 }),
        'of another API': await tokens.ofPerson(mailbox.user, { aud: 'https://graph.microsoft.com' }),
        'of another person': await tokens.ofPerson('bruno@contoso.example'),
        'without the permission': await tokens.ofApp({ roles: ['POP.AccessAsApp'] }),
      };
      for (const [what, token] of Object.entries(refused)) {
        const credential = withToken(token);
        const error = await failure(open(server, mailbox, credential));
        assert.equal(error.code, 'login_refused', what);
        assert.deepEqual(credential.asked, ['usual', 'renewed'], what);
        assert.match(error.message, /refused the access token.*The server said: Authentication failed/);
        assert.match(error.message, name === 'XOAUTH2' ? /status: 401/ : /status: invalid_token/);
        assert.match(error.cure ?? '', /IMAP\.AccessAsApp.*New-ServicePrincipal.*-ImapEnabled/);
        const words = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true });
        assert.ok(!words.includes(token) && !words.includes(Buffer.from(token).toString('base64')));
      }
    });

    test('a token that was revoked is replaced, and the mailbox is read', async () => {
      const mailbox = await server.newMailbox();
      const revoked = await tokens.ofPerson(mailbox.user);
      await (await open(server, mailbox, withToken(revoked))).close();
      tokens.revoke(revoked);
      const credential = withToken(revoked, await tokens.ofPerson(mailbox.user));
      const session = await open(server, mailbox, credential);
      assert.deepEqual(await session.list(longAgo), []);
      await session.close();
      assert.deepEqual(credential.asked, ['usual', 'renewed']);
    });
  });
}

/** As Exchange Online announces itself. */
const exchange: Script = {
  CAPABILITY:
    '* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+\r\nTAG OK done',
  ID: '* ID ("name" "Microsoft.Exchange.Imap4.Imap4Server")\r\nTAG OK done',
  NAMESPACE: '* NAMESPACE (("" "/")) NIL NIL\r\nTAG OK done',
  AUTHENTICATE: 'TAG OK AUTHENTICATE completed.',
};

test('a server that takes no tokens is sent none, by LOGIN or otherwise, and none is renewed for it', async () => {
  for (const capabilities of ['IMAP4rev1', 'IMAP4rev1 AUTH=PLAIN AUTH=LOGIN SASL-IR']) {
    const credential = withToken('a.b.c');
    const CAPABILITY = `* CAPABILITY ${capabilities}\r\nTAG OK done`;
    const { opening, commands } = await openScripted({ CAPABILITY }, credential);
    const error = await failure(opening);
    assert.equal(error.code, 'login_refused');
    assert.match(error.message, /takes no access tokens \(XOAUTH2 or OAUTHBEARER\)/);
    assert.deepEqual(commands, ['CAPABILITY']);
    assert.deepEqual(credential.asked, ['usual']);
  }
});

test('what asking for a token throws comes as it is, before the server hears of us', async () => {
  const token = async () => {
    throw new MaloteError('consent_required', 'Nobody connected the mailbox yet.');
  };
  const { opening, commands } = await openScripted(exchange, { type: 'token', token });
  assert.equal((await failure(opening)).code, 'consent_required');
  assert.deepEqual(commands, []);
});

test('a login service that is down, or a limit, is not the fault of the token', async () => {
  for (const [answer, code] of [
    ['TAG NO [UNAVAILABLE] down', 'login_unavailable'],
    ['TAG BAD Request is throttled. Suggested Backoff Time: 100 milliseconds', 'mailbox_throttled'],
  ] as const) {
    const credential = withToken('a.b.c');
    const { opening } = await openScripted({ ...exchange, AUTHENTICATE: answer }, credential);
    assert.equal((await failure(opening)).code, code);
    assert.deepEqual(credential.asked, ['usual']);
  }
});

describe('"User is authenticated but not connected", after the login and with whatever command,', () => {
  const notConnected = 'TAG BAD User is authenticated but not connected.\r\n* BYE Connection closed. 14';
  const transcripts: Script[] = [
    { ...exchange, NAMESPACE: notConnected },
    { ...exchange, SELECT: notConnected, LIST: notConnected },
    { ...exchange, SELECT: 'TAG NO User is authenticated but not connected.' },
  ];

  test('is permission_missing for a token, which is good and not renewed', async () => {
    for (const script of transcripts) {
      const credential = withToken('a.b.c');
      const error = await failure((await openScripted(script, credential)).opening);
      assert.equal(error.code, 'permission_missing', error.message);
      assert.match(error.message, /took the access token.*authenticated but not connected/);
      assert.match(error.cure ?? '', /Add-MailboxPermission/);
      assert.deepEqual(credential.asked, ['usual']);
    }
  });

  test('is login_refused for a password, which Exchange checks only then', async () => {
    for (const script of transcripts) {
      const error = await failure((await openScripted(script, withPassword('wrong'))).opening);
      assert.equal(error.code, 'login_refused', error.message);
      assert.match(error.cure ?? '', /mailbox\.auth\.password/);
    }
  });
});

test('a session that ends because its token did is connection_lost, and the next one asks for another', async () => {
  const credential = withToken('a.b.c');
  const { opening } = await openScripted(
    {
      ...exchange,
      SELECT: '* 2 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\nTAG OK [READ-WRITE] selected',
      'UID SEARCH': '* SEARCH 1 2\r\nTAG OK done',
      'UID FETCH': [
        '* 1 FETCH (UID 1 BODY[]<0> {5}\r\nhello)\r\n',
        '* BYE Session invalidated - AccessTokenExpired',
      ],
    },
    credential,
  );
  const session = await opening;
  const fetched: string[] = [];
  const fetching = (async () => {
    for await (const { id } of session.fetch(await session.list(longAgo))) fetched.push(id);
  })();
  const error = await failure(fetching);
  assert.equal(error.code, 'connection_lost');
  assert.match(error.message, /Session invalidated - AccessTokenExpired/);
  assert.deepEqual(fetched, ['1']);
  await session.close();
  await (await (await openScripted(exchange, credential)).opening).close();
  assert.deepEqual(credential.asked, ['usual', 'usual']);
});
