// Sessions while our own stores are slow: they stay, and one that ends all the same is no trouble of the mailbox.
import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { MaloteError } from '../../shared/errors.ts';
import { openImap } from '../../shared/mailboxes/imap/session.ts';
import { Pop3Client } from '../../shared/mailboxes/pop3/client.ts';
import { openPop3 } from '../../shared/mailboxes/pop3/session.ts';
import { limitsFor, settingsFor, withPassword } from '../support/imap-subject.ts';
import { servePop3 } from '../support/pop3-server.ts';
import { hangUp, startScriptedImap } from '../support/scripted-imap.ts';
import { patience } from '../support/until.ts';

const longAgo = new Date('2000-01-01');

/** A session whose server hangs up when mails are listed, after we had left it alone for so long. */
const endings = {
  imap: async (clock: () => Date) => {
    const { port } = await startScriptedImap({ 'UID SEARCH': hangUp });
    return openImap(
      { mailbox: settingsFor(port), credential: withPassword('secret'), clock },
      limitsFor(port),
      patience(),
    );
  },
  pop3: async (clock: () => Date) => {
    const { port } = await servePop3({ answers: { LIST: socket => void socket.destroy() } });
    const mailbox = settingsFor(port, { protocol: 'pop3' });
    return openPop3({ mailbox, credential: withPassword('secret'), clock }, limitsFor(port), patience());
  },
};

for (const [protocol, open] of Object.entries(endings)) {
  describe(`over ${protocol}, a session that ends`, () => {
    const codeAfter = async (idleMs: number) => {
      let now = Date.now();
      const session = await open(() => new Date(now));
      now += idleMs;
      const error: MaloteError = await session.list(longAgo).then(
        () => assert.fail('it did not end'),
        error => error,
      );
      await session.close();
      return error;
    };

    test('after we left it idle for a minute is a trouble of our own stores', async () => {
      const { code, message } = await codeAfter(60_000);
      assert.equal(code, 'dependency_unavailable');
      assert.match(message, /idle for 60 s/);
    });

    test('while it is asked is one of the connection', async () => {
      assert.equal((await codeAfter(1_000)).code, 'connection_lost');
    });
  });
}

test('over imap, a session that is quiet for longer than a server may be silent is kept by NOOP', async t => {
  const setTimeout = Socket.prototype.setTimeout;
  t.mock.method(Socket.prototype, 'setTimeout', function (this: Socket, ms: number, heard?: () => void) {
    return setTimeout.call(this, ms === 60_000 ? 200 : ms, heard);
  });
  const { port, commands } = await startScriptedImap({ NOOP: 'TAG OK still here' });
  const target = { mailbox: settingsFor(port), credential: withPassword('secret'), clock: () => new Date() };
  const session = await openImap(target, limitsFor(port), patience());
  await wait(1_000);
  assert.deepEqual(await session.list(longAgo), []);
  assert.ok(commands.filter(command => command === 'NOOP').length > 1, commands.join('\n'));
  await session.close();
});

test('over pop3, a server that is asked nothing is not given up for its silence', async () => {
  const { port } = await servePop3({ mails: [{ raw: 'Subject: 1\r\n\r\n', uidl: 'one' }] });
  const target = { address: '127.0.0.1', host: '127.0.0.1', port, tls: 'none', caCertificate: null } as const;
  const client = await Pop3Client.connect({ ...target, signal: patience(), silenceTimeoutMs: 200 });
  await client.authenticate('USER contact');
  await client.authenticate('PASS secret');
  await wait(700);
  assert.equal((await client.list()).size, 1);
  await client.quit();
});
