// The IMAP reader against answers that no good server gives.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { openImap } from '../../../shared/mailboxes/imap/session.ts';
import { clock } from '../../support/clock.ts';
import { limitsFor, withPassword } from '../../support/imap-subject.ts';
import { patience } from '../../support/until.ts';

/** A server of one mail, of which it says this. */
async function startOddServer(mail: string) {
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.write('* OK [CAPABILITY IMAP4rev1] ready\r\n');
    createInterface({ input: socket }).on('line', line => {
      const [, tag, command = ''] = /^(\S+) (UID \S+|\S+)/.exec(line) ?? [];
      const said: Record<string, string> = {
        LIST: '* LIST () "/" INBOX\r\n',
        SELECT: '* 1 EXISTS\r\n* OK [UIDVALIDITY 1] \r\n',
        'UID FETCH': `* 1 FETCH (UID 1 ${mail})\r\n`,
      };
      socket.write(`${said[command] ?? ''}${tag} OK done\r\n`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => void server.close(),
  };
}

for (const date of ['"soon"', 'NIL']) {
  test(`a mail whose date is ${date} is as old as the question, not older than every readFrom`, async t => {
    const server = await startOddServer(`INTERNALDATE ${date} RFC822.SIZE 3`);
    t.after(server.close);
    const mailbox = {
      protocol: 'imap',
      address: 'a@example.com',
      username: 'a',
      host: '127.0.0.1',
      port: server.port,
      tls: 'none',
      caCertificate: null,
      folder: 'INBOX',
      afterRead: { action: 'delete' },
      auth: { type: 'basic' },
    } as const;
    const session = await openImap(
      { mailbox, credential: withPassword('p'), clock },
      limitsFor(server.port),
      patience(),
    );
    t.after(session.close);
    const [described] = await session.describe(['1']);
    assert.ok(Math.abs(Date.now() - (described?.receivedAt.getTime() ?? Number.NaN)) < 10_000);
  });
}
