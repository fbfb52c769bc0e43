// IMAP as servers are: what each transcript did to a reader, or would have done.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServerMailbox } from '../../../shared/domain/service/service.ts';
import { MaloteError } from '../../../shared/errors.ts';
import { openImap } from '../../../shared/mailboxes/imap/session.ts';
import type { Session } from '../../../shared/mailboxes/session.ts';
import { clock } from '../../support/clock.ts';
import { limitsFor, settingsFor, withPassword } from '../../support/imap-subject.ts';
import { hangUp, type Script, silence, startScriptedImap } from '../../support/scripted-imap.ts';
import { patience } from '../../support/until.ts';

const longAgo = new Date('2000-01-01');
const MB = 1024 * 1024;

async function open(script: Script, mailbox: Partial<ServerMailbox> = {}) {
  const server = await startScriptedImap(script);
  const target = { mailbox: settingsFor(server.port, mailbox), credential: withPassword('secret'), clock };
  const session = await openImap(target, limitsFor(server.port), patience());
  return { session, commands: server.commands };
}

async function codeOf(attempt: Promise<unknown>): Promise<string | undefined> {
  return attempt.then(
    () => undefined,
    error => (error instanceof MaloteError ? error.code : String(error)),
  );
}

/** Two mails in INBOX, of which the server says that each has 100 bytes. */
const lying: Script = {
  SELECT: '* 2 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\nTAG OK [READ-WRITE] selected',
  'UID SEARCH': '* SEARCH 1 2\r\nTAG OK done',
  'UID FETCH 1:2 (UID INTERNALDATE RFC822.SIZE)': [
    '* 1 FETCH (UID 1 INTERNALDATE "01-Mar-2026 10:00:00 +0000" RFC822.SIZE 100)',
    '* 2 FETCH (UID 2 INTERNALDATE "01-Mar-2026 11:00:00 +0000" RFC822.SIZE 100)',
    'TAG OK done',
  ].join('\r\n'),
};

/** A FETCH of a mail's bytes as the command asks for them; a server that knows of no ranges gives all of them. */
function bytesOf(uid: number, mail: Buffer, range?: string) {
  const [start = 0, length = mail.length] = range?.split('.').map(Number) ?? [];
  const origin = range === undefined ? '' : `<${start}>`;
  const part = mail.subarray(start, start + length);
  return [`* ${uid} FETCH (UID ${uid} BODY[]${origin} {${part.length}}\r\n`, part, ')\r\n'];
}

const rangeIn = (command: string) => /BODY\.PEEK\[\]<([\d.]+)>/.exec(command)?.[1];
const fetchedBytes = async (session: Session, ids: string[]) =>
  Object.fromEntries((await Array.fromAsync(session.fetch(ids))).map(({ id, raw }) => [id, raw.length]));

test('a server that repeats the login that it refuses is not quoted with the password, nor with what it was encoded in', async () => {
  const encoded = Buffer.from('\0contact\0correct horse battery').toString('base64');
  const server = await startScriptedImap({
    LOGIN: `TAG NO [AUTHENTICATIONFAILED] bad: LOGIN contact "correct horse battery" ${encoded}`,
  });
  const target = {
    mailbox: settingsFor(server.port),
    credential: withPassword('correct horse battery'),
    clock,
  };
  const opening = openImap(target, limitsFor(server.port), patience());
  await assert.rejects(opening, (error: MaloteError) => {
    assert.equal(error.code, 'login_refused');
    assert.match(error.message, /bad: LOGIN contact "\*\*\*" \*\*\*$/);
    return true;
  });
});

for (const [secret, command] of [
  ['a"b\\c', 'the quoted string'],
  ['abc', 'three characters'],
  ['p@ss wörd', 'a literal'],
] as const) {
  test(`a server that repeats the whole login, ${command}, is quoted without it`, async () => {
    const server = await startScriptedImap({
      LOGIN: said =>
        `TAG NO [AUTHENTICATIONFAILED] no such user ana@empresa.com.br: ${said.replaceAll('\r\n', ' ')}`,
    });
    const target = { mailbox: settingsFor(server.port), credential: withPassword(secret), clock };
    const opening = openImap(target, limitsFor(server.port), patience());
    await assert.rejects(opening, ({ message }: MaloteError) => {
      assert.match(message, /no such user \*\*\*: .*\*\*\*/);
      for (const form of [secret, secret.replaceAll(/["\\]/g, '\\$&')])
        assert.ok(!message.includes(form), message);
      return true;
    });
    assert.ok(server.commands.some(said => said.startsWith('LOGIN')));
  });
}

test('a server that tells where help is to be found is quoted with the whole address', async () => {
  const help = 'https://support.google.com/mail/answer/185833?hl=pt-BR&co=GENIE.Platform';
  const words = `Application-specific password required: ${help} (Failure)`;
  const server = await startScriptedImap({ LOGIN: `TAG NO [ALERT] ${words}` });
  const target = { mailbox: settingsFor(server.port), credential: withPassword('secret'), clock };
  const opening = openImap(target, limitsFor(server.port), patience());
  await assert.rejects(opening, (error: MaloteError) => error.message.endsWith(words));
});

describe('a server that lies about the size of a mail', () => {
  const small = Buffer.from('Subject: small\r\n\r\n');
  const huge = Buffer.alloc(20 * MB, 'a line of a mail that is far longer than was told\r\n');

  test('gives the others; the long one is left out of the batch, and streamed whole', async () => {
    const { session } = await open({
      ...lying,
      'UID FETCH 1:2 (UID BODY': command => [
        ...bytesOf(1, huge, rangeIn(command)),
        ...bytesOf(2, small, rangeIn(command)),
        'TAG OK done',
      ],
      'UID FETCH 1 (UID RFC822.SIZE BODY': command => [...bytesOf(1, huge, rangeIn(command)), 'TAG OK done'],
    });
    const listed = await session.describe(await session.list(longAgo));
    assert.deepEqual(
      listed.map(({ sizeBytes }) => sizeBytes),
      [100, 100],
    );
    assert.deepEqual(await fetchedBytes(session, ['1', '2']), { 2: small.length });
    const stream = await session.stream('1');
    assert.ok(Buffer.concat(await stream!.toArray()).equals(huge));
    await session.close();
  });

  test('is believed in what it sends, also when it told too much', async () => {
    const { session } = await open({
      ...lying,
      'UID FETCH 1 (UID RFC822.SIZE BODY': command => [...bytesOf(1, small, rangeIn(command)), 'TAG OK done'],
    });
    const stream = await session.stream('1');
    assert.deepEqual(Buffer.concat(await stream!.toArray()), small);
    await session.close();
  });

  test('and knows of no ranges gives a long mail in one piece', async () => {
    const { session } = await open({
      ...lying,
      'UID FETCH 1:2 (UID BODY': [...bytesOf(1, huge), ...bytesOf(2, small), 'TAG OK done'],
      'UID FETCH 1 (UID RFC822.SIZE BODY': [...bytesOf(1, huge), 'TAG OK done'],
    });
    assert.deepEqual(await fetchedBytes(session, ['1', '2']), { 2: small.length });
    const stream = await session.stream('1');
    assert.ok(Buffer.concat(await stream!.toArray()).equals(huge));
    await session.close();
  });

  test('a mail of exactly as many chunks comes whole, also where nothing is answered behind its end', async () => {
    const mail = huge.subarray(0, 2 * MB);
    for (const behind of [true, false]) {
      const { session } = await open({
        ...lying,
        'UID FETCH 1 (UID RFC822.SIZE BODY': command => {
          const range = rangeIn(command);
          const isBehind = range?.startsWith(`${2 * MB}.`);
          return [
            ...(isBehind && !behind ? ['* 1 FETCH (UID 1)\r\n'] : bytesOf(1, mail, range)),
            'TAG OK done',
          ];
        },
      });
      const stream = await session.stream('1');
      assert.equal(Buffer.concat(await stream!.toArray()).length, mail.length);
      await session.close();
    }
  });

  test('a mail that leaves the folder in the middle is no whole mail, however the server says so', async () => {
    for (const gone of [[], ['* 1 FETCH (UID 1 BODY[] NIL)\r\n'], ['* 1 FETCH (UID 1 BODY[] "")\r\n']]) {
      const { session } = await open({
        ...lying,
        'UID FETCH 1 (UID RFC822.SIZE BODY': command => {
          const range = rangeIn(command);
          const told = [`* 1 FETCH (UID 1 RFC822.SIZE ${huge.length})\r\n`, ...bytesOf(1, huge, range)];
          return [...(range?.startsWith('0.') ? told : gone), 'TAG OK done'];
        },
      });
      const stream = await session.stream('1');
      assert.equal(await codeOf(stream!.toArray()), 'connection_lost');
      await session.close();
    }
  });

  test('a part of a mail that comes late, with the answer to another request, is put where it belongs', async () => {
    let [asked, previous] = [0, '0.10'];
    const late: Script = {
      ...lying,
      'UID FETCH 1 (UID RFC822.SIZE BODY': command => {
        const range = rangeIn(command) ?? '';
        const given = asked++ % 3 === 1 ? previous : range;
        previous = range;
        return [...bytesOf(1, huge, given), 'TAG OK done'];
      },
    };
    const { session } = await open(late);
    assert.ok(Buffer.concat(await (await session.stream('1'))!.toArray()).equals(huge));
    await session.close();

    const never = await open({
      ...lying,
      'UID FETCH 1 (UID RFC822.SIZE BODY': [...bytesOf(1, huge, `0.${MB}`), 'TAG OK done'],
    });
    const stream = await never.session.stream('1');
    assert.equal(await codeOf(stream!.toArray()), 'protocol_violation');
    await never.session.close();
  });

  test('a mail that is gone altogether gives nothing, not an empty mail', async () => {
    for (const gone of [[], ['* 1 FETCH (UID 1 BODY[] NIL)\r\n'], ['* 1 FETCH (UID 1 BODY[] "")\r\n']]) {
      const { session } = await open({ ...lying, 'UID FETCH 1': [...gone, 'TAG OK done'] });
      assert.deepEqual(await fetchedBytes(session, ['1']), {});
      assert.equal(await session.stream('1'), undefined);
      await session.close();
    }
  });

  test('a piece larger than is ever kept in memory ends the connection, as the mailbox failing', async () => {
    const { session } = await open({
      ...lying,
      'UID FETCH 1 (UID BODY': `* 1 FETCH (UID 1 BODY[] {${65 * MB}}\r\nSubject: endless`,
    });
    assert.equal(await codeOf(fetchedBytes(session, ['1'])), 'protocol_violation');
    await session.close();
  });
});

test('flags that somebody else changes while mails are described make none of them new', async () => {
  const { session } = await open({
    ...lying,
    'UID FETCH 1:2 (UID INTERNALDATE RFC822.SIZE)': [
      '* 1 FETCH (UID 1 INTERNALDATE "01-Mar-2026 10:00:00 +0000" RFC822.SIZE 100)',
      '* 1 FETCH (FLAGS (\\Seen))',
      '* 2 FETCH (UID 2 FLAGS (\\Deleted))',
      '* 3 FETCH (UID 3 FLAGS (\\Deleted))',
      '* 2 FETCH (UID 2 INTERNALDATE "01-Mar-2026 11:00:00 +0000" RFC822.SIZE 100)',
      'TAG OK done',
    ].join('\r\n'),
  });
  assert.deepEqual(await session.describe(['1', '2']), [
    { id: '1', receivedAt: new Date('2026-03-01T10:00:00Z'), sizeBytes: 100 },
    { id: '2', receivedAt: new Date('2026-03-01T11:00:00Z'), sizeBytes: 100 },
  ]);
  await session.close();
});

test('a mail without INTERNALDATE came when its topmost Received says, else its Date, else now', async () => {
  const headers = [
    'Received: by a; Sun, 1 Mar 2026 09:00:01 -0300\r\nReceived: by b; 1 Jan 2020 00:00:00 +0000\r\nDate: 2 Feb 2026 00:00:00 +0000\r\n\r\n',
    'Date: Sat, 28 Feb 2026 23:59:59 +0000\r\n\r\n',
    '\r\n',
  ];
  const { session, commands } = await open({
    ...lying,
    'UID FETCH 1:4 (UID INTERNALDATE RFC822.SIZE)': [
      '* 1 FETCH (UID 1 INTERNALDATE NIL RFC822.SIZE 100)\r\n',
      '* 2 FETCH (UID 2 INTERNALDATE "soon" RFC822.SIZE 100)\r\n',
      '* 3 FETCH (UID 3 RFC822.SIZE 100)\r\n',
      '* 4 FETCH (UID 4 INTERNALDATE "01-Mar-2026 10:00:00 +0000" RFC822.SIZE 100)\r\n',
      'TAG OK done',
    ],
    'UID FETCH 1:3 (UID BODY.PEEK[HEADER.FIELDS (RECEIVED DATE)])': [
      ...headers.map(
        (header, index) =>
          `* ${index + 1} FETCH (UID ${index + 1} BODY[HEADER.FIELDS (RECEIVED DATE)] {${header.length}}\r\n${header})\r\n`,
      ),
      'TAG OK done',
    ],
  });
  const described = await session.describe(['1', '2', '3', '4']);
  const dates = described.map(({ receivedAt }) => receivedAt.toISOString());
  assert.deepEqual(dates.toSpliced(2, 1), [
    '2026-03-01T12:00:01.000Z',
    '2026-02-28T23:59:59.000Z',
    '2026-03-01T10:00:00.000Z',
  ]);
  assert.ok(Math.abs(Date.now() - Date.parse(dates[2] ?? '')) < 10_000);
  assert.equal(commands.filter(command => command.startsWith('UID FETCH')).length, 2);
  await session.close();
});

test('a SEARCH that is refused is told with the words of the server, and one at which a part of it is down too', async () => {
  const refused = await open({ 'UID SEARCH': 'TAG NO [SERVERBUG] the index of this folder is corrupt' });
  await assert.rejects(refused.session.list(longAgo), (error: MaloteError) => {
    assert.equal(error.code, 'protocol_violation');
    return /The server said: the index of this folder is corrupt/.test(error.message);
  });
  await refused.session.close();
  const down = await open({ 'UID SEARCH': 'TAG NO [UNAVAILABLE] storage is away' });
  assert.equal(await codeOf(down.session.list(longAgo)), 'mailbox_unavailable');
  await down.session.close();
});

describe('names of folders', () => {
  test('are sent in modified UTF-7 (RFC 3501 5.1.3), whatever the separator', async () => {
    const { session, commands } = await open(
      {
        'LIST "" ""': '* LIST (\\Noselect) "." ""\r\nTAG OK done',
        'LIST "" "Suporte.Conclu': '* LIST () "." "Suporte.Conclu&AO0-dos &- lidos"\r\nTAG OK done',
        STATUS: '* STATUS "Suporte.Feitos" (MESSAGES 0)\r\nTAG OK done',
      },
      { folder: 'Suporte.Concluídos & lidos' },
    );
    assert.ok(commands.includes('SELECT "Suporte.Conclu&AO0-dos &- lidos"'), commands.join('\n'));
    await session.close();
  });

  test('are found under the prefix of the namespace, as mail programs show them', async () => {
    const { session, commands } = await open(
      {
        CAPABILITY: '* CAPABILITY IMAP4rev1 NAMESPACE\r\nTAG OK done',
        NAMESPACE: '* NAMESPACE (("INBOX." ".")) NIL NIL\r\nTAG OK done',
      },
      { folder: 'Suporte' },
    );
    assert.ok(commands.includes('SELECT INBOX.Suporte'), commands.join('\n'));
    await session.close();
  });
});

describe('what servers say', () => {
  test('a password with quotes and backslashes is sent in a quoted string, which every server takes', async () => {
    const server = await startScriptedImap({});
    const mailbox = settingsFor(server.port);
    const password = String.raw`a"b\c`;
    const signal = patience();
    await (
      await openImap({ mailbox, credential: withPassword(password), clock }, limitsFor(server.port), signal)
    ).close();
    assert.ok(server.commands.includes(String.raw`LOGIN "contact" "a\"b\\c"`), server.commands.join('\n'));
  });

  test('each failure has its code', async () => {
    const cases: [Script, string][] = [
      [{ LOGIN: 'TAG NO [AUTHENTICATIONFAILED] no' }, 'login_refused'],
      [{ LOGIN: 'TAG NO wrong, without a code' }, 'login_refused'],
      [{ LOGIN: 'TAG NO [UNAVAILABLE] down' }, 'login_unavailable'],
      [{ LOGIN: 'TAG NO [LIMIT] many' }, 'mailbox_throttled'],
      [{ LOGIN: 'TAG NO [THROTTLED] slow' }, 'mailbox_throttled'],
      [{ LOGIN: '* BYE Too many connections' }, 'mailbox_throttled'],
      // Dovecot, and Gmail
      [
        { LOGIN: 'TAG NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded' },
        'mailbox_throttled',
      ],
      [{ LOGIN: 'TAG NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)' }, 'login_refused'],
      [{ LOGIN: 'TAG NO [ALERT] Application-specific password required (Failure)' }, 'login_refused'],
      [{ LOGIN: 'TAG NO [ALERT] Too many simultaneous connections. (Failure)' }, 'mailbox_throttled'],
      [{ SELECT: 'TAG NO [OVERQUOTA] Account exceeded command or bandwidth limits' }, 'mailbox_throttled'],
      [{ greeting: '* BYE Down for maintenance' }, 'connection_lost'],
      [{ greeting: hangUp }, 'connection_lost'],
      [{ SELECT: 'TAG NO [THROTTLED] slow' }, 'mailbox_throttled'],
      // The login went well: it is not about that.
      [{ SELECT: 'TAG NO [UNAVAILABLE] the storage of this folder is away' }, 'mailbox_unavailable'],
    ];
    for (const [script, code] of cases)
      assert.equal(await codeOf(open(script)), code, JSON.stringify(script));
  });

  test('one that falls silent is left when the deadline passes, which is the mailbox failing', async () => {
    const scripts: Script[] = [{ greeting: silence }, { LOGIN: silence }, { SELECT: silence }];
    for (const script of scripts) {
      const server = await startScriptedImap(script);
      const target = { mailbox: settingsFor(server.port), credential: withPassword('secret'), clock };
      const opening = openImap(target, limitsFor(server.port), AbortSignal.timeout(150));
      assert.equal(await codeOf(opening), 'mailbox_timeout', JSON.stringify(script));
    }
    const server = await startScriptedImap({ 'UID SEARCH': silence });
    const target = { mailbox: settingsFor(server.port), credential: withPassword('secret'), clock };
    const deadline = new AbortController();
    const session = await openImap(target, limitsFor(server.port), deadline.signal);
    const listing = session.list(longAgo);
    setImmediate(() => deadline.abort());
    assert.equal(await codeOf(listing), 'mailbox_timeout');
    await session.close();
  });

  test('a throttled command says how long to wait', async () => {
    const { session } = await open({
      'UID SEARCH': 'TAG BAD Request is throttled. Suggested Backoff Time: 150 milliseconds',
    });
    await assert.rejects(session.list(longAgo), (error: MaloteError) => {
      return error.code === 'mailbox_throttled' && error.retryAfterMs === 150;
    });
    await session.close();
  });

  test('STARTTLS is required where it is asked for: the password is not sent without it', async () => {
    const server = await startScriptedImap({});
    const mailbox = settingsFor(server.port, { tls: 'starttls' });
    const opening = openImap(
      { mailbox, credential: withPassword('secret'), clock },
      limitsFor(server.port),
      patience(),
    );
    assert.equal(await codeOf(opening), 'tls_failed');
    assert.deepEqual(
      server.commands.filter(command => /LOGIN|AUTHENTICATE/.test(command)),
      [],
    );
  });
});
