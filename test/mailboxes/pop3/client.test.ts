// The POP3 client: to the byte with a real server, and with servers that do what no good one would.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Pop3Client, type Pop3Options } from '../../../shared/mailboxes/pop3/client.ts';
import { DotReader } from '../../../shared/mailboxes/pop3/dots.ts';
import { Pop3Error } from '../../../shared/mailboxes/pop3/errors.ts';
import { logInPop3 } from '../../../shared/mailboxes/pop3/login.ts';
import { withoutAddedLineEnd } from '../../../shared/mailboxes/pop3/size.ts';
import { useDovecot } from '../../support/dovecot.ts';
import { withPassword } from '../../support/imap-subject.ts';
import { servePop3 } from '../../support/pop3-server.ts';
import { patience, until } from '../../support/until.ts';

const dovecot = await useDovecot();
const connect = (port: number, changes: Partial<Pop3Options> = {}) =>
  Pop3Client.connect({
    address: '127.0.0.1',
    host: '127.0.0.1',
    port,
    tls: 'none',
    caCertificate: dovecot.authority.caPem,
    signal: patience(),
    ...changes,
  });
const failure = (code: string) => (error: unknown) => error instanceof Pop3Error && error.code === code;

const awkward = [
  'Subject: plain\r\n\r\nText\r\n',
  'Subject: no line end\r\n\r\nText',
  'Subject: dots\r\n\r\n.\r\n..\r\n...three\r\n.one\r\n\r\n.',
  'Subject: bare CR\r\n\r\none\rtwo\r.three\r',
  'Subject: 8 bit\r\n\r\n\xff\xfe\x80\xe7\r\n',
  'Subject: head alone',
  '\r\nno head\r\n',
  `Subject: long line\r\n\r\n${'x'.repeat(200_000)}\r\n.${'y'.repeat(70_000)}`,
].map(text => Buffer.from(text, 'latin1'));

describe('with Dovecot', { skip: dovecot.skip }, () => {
  for (const [tls, port] of [
    ['implicit', dovecot.ports.pop3s],
    ['starttls', dovecot.ports.pop3],
    ['none', dovecot.ports.pop3],
  ] as const) {
    test(`awkward mails come to the byte, all asked for at once (TLS: ${tls})`, async () => {
      const mailbox = await dovecot.newMailbox();
      for (const raw of awkward) await mailbox.deliver('INBOX', raw);
      const client = await connect(port, { tls });
      await logInPop3(client, mailbox.user, withPassword(mailbox.password));
      const sizes = [...(await client.list()).values()];
      const raws = await Promise.all(
        awkward.map(async (_, index) => {
          const stream = await client.retr(index + 1);
          return Buffer.concat(await Array.fromAsync(withoutAddedLineEnd(stream, sizes[index]!)));
        }),
      );
      assert.deepEqual(raws, awkward);
      await client.quit();
    });
  }

  test('a mail that was marked is gone after QUIT, and there after a lost connection', async () => {
    const mailbox = await dovecot.newMailbox();
    for (const raw of awkward.slice(0, 2)) await mailbox.deliver('INBOX', raw);
    const lost = await connect(dovecot.ports.pop3);
    await logInPop3(lost, mailbox.user, withPassword(mailbox.password));
    await lost.dele(1);
    lost.abandon();
    assert.equal((await mailbox.list('INBOX')).length, 2);
    const client = await until('the lock to be given back', async () => {
      const again = await connect(dovecot.ports.pop3);
      return logInPop3(again, mailbox.user, withPassword(mailbox.password)).then(
        () => again,
        () => undefined,
      );
    });
    await client.dele(1);
    await client.quit();
    assert.equal((await mailbox.list('INBOX')).length, 1);
  });

  test('a wrong password is a refusal that tells the command and nothing secret', async () => {
    const mailbox = await dovecot.newMailbox();
    const client = await connect(dovecot.ports.pop3);
    await assert.rejects(logInPop3(client, mailbox.user, withPassword('wrong horse')), (error: Pop3Error) => {
      assert.deepEqual([error.code, error.command], ['REFUSED', 'PASS']);
      assert.match(error.said, /^\[AUTH\]/);
      return !JSON.stringify({ ...error, message: error.message }).includes('horse');
    });
    client.abandon();
  });
});

describe('dots', () => {
  for (const size of [1, 2, 3, 7, 100_000]) {
    test(`are taken out wherever chunks of ${size} bytes are cut, and what follows is left`, () => {
      const sent = Buffer.from('..\r\n.x\r\na\r.b\r\n...\rc\n.\r\n\r\r\n.\r\n+OK next\r\n');
      const reader = new DotReader();
      const pieces: Buffer[] = [];
      for (let at = 0; ; at += size) {
        const { pieces: some, rest } = reader.read(sent.subarray(at, at + size));
        pieces.push(...some);
        if (rest === undefined) continue;
        const following = Buffer.concat([rest, sent.subarray(at + size)]).toString();
        assert.equal(Buffer.concat(pieces).toString(), '.\r\nx\r\na\r.b\r\n..\rc\n.\r\n\r\r\n');
        assert.equal(following, '+OK next\r\n');
        return;
      }
    });
  }

  test('a line of a dot and a CR that does not end it is text', () => {
    const { pieces, rest } = new DotReader().read(Buffer.from('.\rx\r\n.\r\r\n.\r\n'));
    assert.equal(Buffer.concat(pieces).toString(), '\rx\r\n\r\r\n');
    assert.equal(rest?.length, 0);
  });
});

describe('the line end that a server adds', () => {
  const passed = async (size: number, ...chunks: string[]) => {
    const source = (async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk);
    })();
    return Buffer.concat(await Array.fromAsync(withoutAddedLineEnd(source, size))).toString();
  };

  test('is dropped, wherever the chunks are cut', async () => {
    assert.equal(await passed(3, 'abc\r\n'), 'abc');
    assert.equal(await passed(3, 'ab', 'c\r', '\n'), 'abc');
    assert.equal(await passed(3, 'abc', '\r\n'), 'abc');
  });

  test('is all that is ever dropped, whatever size the server told', async () => {
    assert.equal(await passed(5, 'abc\r\n'), 'abc\r\n');
    assert.equal(await passed(0, 'abc\r\n'), 'abc\r\n');
    assert.equal(await passed(1, 'a\r', '\nb', '\r\n'), 'a\r\nb\r\n');
    assert.equal(await passed(900, 'abc\r\n'), 'abc\r\n');
    assert.equal(await passed(2, 'abc\n'), 'abc\n');
  });
});

describe('a server that', () => {
  test('says nothing is given up', async () => {
    const { port } = await servePop3({ answers: { greeting: () => {} } });
    await assert.rejects(connect(port, { greetingTimeoutMs: 50 }), failure('ETIMEDOUT'));
  });

  test('falls silent in the middle of a mail is given up, and its reader is told', async () => {
    const { port } = await servePop3({ answers: { RETR: '+OK\r\nSubject: half' } });
    const client = await connect(port, { silenceTimeoutMs: 1_500 });
    await assert.rejects((await client.retr(1)).toArray(), failure('ETIMEDOUT'));
  });

  test('hangs up in the middle of a mail never gives half of one', async () => {
    const hangUp = {
      RETR: (socket: { end: (text: string) => void }) => socket.end('+OK\r\nSubject: half\r\n'),
    };
    const { port } = await servePop3({ answers: hangUp });
    const client = await connect(port);
    await assert.rejects((await client.retr(1)).toArray(), failure('ECONNRESET'));
  });

  test('is slow is waited for by nobody who gave up', async () => {
    const { port } = await servePop3({ answers: { LIST: () => {} } });
    const gaveUp = new AbortController();
    const client = await connect(port, { signal: gaveUp.signal });
    const listing = client.list();
    gaveUp.abort(new Error('enough'));
    await assert.rejects(listing, { message: 'enough' });
    await assert.rejects(client.uidl(), { message: 'enough' });
  });

  test('offers no STLS gets no password', async () => {
    const { port, commands } = await servePop3();
    await assert.rejects(connect(port, { tls: 'starttls' }), failure('STLS'));
    assert.deepEqual(commands, ['CAPA']);
  });

  test('sends more than +OK before TLS is not believed', async () => {
    const { port } = await servePop3({
      capabilities: ['STLS'],
      answers: { STLS: '+OK begin\r\n+OK I am somebody else\r\n' },
    });
    await assert.rejects(connect(port, { tls: 'starttls' }), failure('STLS'));
  });

  test('answers with a line that has no end, or with no POP3 at all, is given up', async () => {
    const endless = await servePop3({ answers: { greeting: '+OK'.padEnd(20_000, 'x') } });
    await assert.rejects(connect(endless.port), failure('EPROTOCOL'));
    const other = await servePop3({ answers: { greeting: '220 smtp.example.com ESMTP\r\n' } });
    await assert.rejects(connect(other.port), failure('EPROTOCOL'));
  });

  test('knows neither CAPA nor UIDL is used without', async () => {
    const { port } = await servePop3({ mails: [{ raw: 'x' }], answers: { CAPA: '-ERR what?\r\n' } });
    const client = await connect(port);
    assert.deepEqual([client.capabilities.size, await client.uidl()], [0, undefined]);
    assert.deepEqual([...(await client.list())], [[1, 1]]);
  });

  test('offers AUTH PLAIN alone is logged in to by it', async () => {
    const { port, commands } = await servePop3({ capabilities: ['SASL PLAIN LOGIN', 'TOP'] });
    await logInPop3(await connect(port), 'ana', withPassword('ção'));
    assert.deepEqual(commands.slice(1, 2), [`AUTH PLAIN ${Buffer.from('\0ana\0ção').toString('base64')}`]);
  });

  test('would be told a second command by a line end in the first is not', async () => {
    const { port, commands } = await servePop3();
    const client = await connect(port);
    for (const password of ['a\r\nDELE 1', 'a\nDELE 1', 'a\0']) {
      await assert.rejects(logInPop3(client, 'ana', withPassword(password)), failure('EPROTOCOL'));
    }
    await assert.rejects(logInPop3(client, 'ana\r\nDELE 1', withPassword('a')), failure('EPROTOCOL'));
    await client.quit();
    assert.equal(commands.filter(command => command.includes('DELE')).length, 0);
  });

  test('sends faster than it is read has to wait', async () => {
    const chunk = Buffer.alloc(1_000_000, 'x');
    let written = 0;
    const { port } = await servePop3({
      answers: {
        RETR: socket => {
          socket.write('+OK\r\n');
          const pump = () => {
            let isTaken = true;
            for (; written < 50 && isTaken; written++) isTaken = socket.write(chunk);
            if (!isTaken) socket.once('drain', pump);
            else socket.write('\r\n.\r\n');
          };
          pump();
        },
      },
    });
    const client = await connect(port, { silenceTimeoutMs: 1_500 });
    const stream = await client.retr(1);
    await once(stream, 'readable');
    // Longer than the time-out for silence: it is we who do not read.
    await new Promise(resolve => setTimeout(resolve, 2_000));
    assert.ok(written < 40, `${written} MB were taken in unread`);
    let bytes = 0;
    for await (const piece of stream) bytes += piece.length;
    assert.equal(bytes, 50_000_002);
    await client.quit();
  });

  test('is asked for a mail that nobody reads to the end is left', async () => {
    const { port } = await servePop3({ answers: { RETR: '+OK\r\nhalf' } });
    const client = await connect(port);
    const stream = await client.retr(1);
    stream.destroy();
    await once(stream, 'close');
    await assert.rejects(client.list(), failure('ECONNRESET'));
  });
});
