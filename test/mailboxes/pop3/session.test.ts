// The POP3 reader: ids that last, headers asked for once, nothing deleted before QUIT or without a look.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createAuthority } from '../../../local/tls.ts';
import type { ServerMailbox } from '../../../shared/domain/service/service.ts';
import { MaloteError } from '../../../shared/errors.ts';
import { receivedAt } from '../../../shared/mailboxes/header-block.ts';
import { headerDigest } from '../../../shared/mailboxes/pop3/headers.ts';
import { openPop3 } from '../../../shared/mailboxes/pop3/session.ts';
import type { Session } from '../../../shared/mailboxes/session.ts';
import { clock } from '../../support/clock.ts';
import { nothingNoted } from '../../support/disposal-notes.ts';
import { useDovecot } from '../../support/dovecot.ts';
import { limitsFor, settingsFor, withPassword } from '../../support/imap-subject.ts';
import { type Pop3Server, servePop3 } from '../../support/pop3-server.ts';
import { patience } from '../../support/until.ts';

const dovecot = await useDovecot();
const longAgo = new Date('2000-01-01');
const remove = { action: 'delete' } as const;
const raw = (subject: string, day = '22 Nov 2026') =>
  `Received: from a by b; ${day} 10:00:00 +0000\r\nSubject: ${subject}\r\n\r\nText of ${subject}\r\n`;
const code = (expected: string) => (error: unknown) =>
  error instanceof MaloteError && error.code === expected;

const settings = (port: number, changes: Partial<ServerMailbox> = {}) =>
  settingsFor(port, { protocol: 'pop3', ...changes });

function open(mailbox: ServerMailbox, password = 'secret', remembered?: string): Promise<Session> {
  return openPop3(
    { mailbox, credential: withPassword(password), remembered, clock },
    limitsFor(mailbox.port),
    patience(),
  );
}

/** One session from beginning to QUIT; what it wants remembered. */
async function visit(
  server: Pop3Server,
  run: (session: Session, ids: string[]) => Promise<unknown>,
  { remembered, readFrom = longAgo }: { remembered?: string | undefined; readFrom?: Date } = {},
): Promise<string | undefined> {
  const session = await open(settings(server.port), 'secret', remembered);
  await run(session, await session.list(readFrom));
  await session.maildrop!.commit();
  return session.maildrop!.toRemember() ?? remembered;
}

const subjectsOf = async (session: Session, ids: string[]) =>
  (await Array.fromAsync(session.fetch(ids))).map(mail => /Subject: (.*)\r/.exec(`${mail.raw}`)![1]);

test('a server that repeats AUTH PLAIN, of twenty characters, is quoted without it', async () => {
  const repeated = Buffer.from('\0contact\0abcd').toString('base64');
  const server = await servePop3({
    capabilities: ['TOP', 'UIDL', 'SASL PLAIN'],
    answers: { 'AUTH PLAIN': `-ERR [AUTH] no: AUTH PLAIN ${repeated}, see https://mail.example/help\r\n` },
  });
  await assert.rejects(
    open(settings(server.port, { username: 'contact' }), 'abcd'),
    ({ message }: MaloteError) => {
      assert.match(message, /no: AUTH PLAIN \*\*\*, see https:\/\/mail\.example\/help$/);
      return true;
    },
  );
  assert.deepEqual(
    server.commands.filter(command => command.startsWith('AUTH')),
    [`AUTH PLAIN ${repeated}`],
  );
});

describe('ids', () => {
  test('are the same in every session, whatever the numbers and whether they are remembered', async () => {
    const server = await servePop3({
      mails: [
        { raw: raw('one'), uidl: 'a' },
        { raw: raw('two'), uidl: 'b' },
      ],
    });
    const seen: string[][] = [];
    const note = async (_: Session, ids: string[]) => seen.push(ids);
    const remembered = await visit(server, note);
    await visit(server, note, { remembered });
    server.mails = server.mails.toReversed();
    await visit(server, note);
    const [first, again, reversed] = seen;
    assert.deepEqual(again, first);
    assert.deepEqual(reversed, first!.toReversed());
    assert.equal(new Set(first).size, 2);
  });

  test('are the same though the server marks the mail as read in its headers', async () => {
    const server = await servePop3({ mails: [{ raw: raw('one'), uidl: 'a' }] });
    const seen: string[][] = [];
    const note = async (_: Session, ids: string[]) => seen.push(ids);
    await visit(server, note);
    server.mails = [{ raw: `X-UIDL: a\r\nStatus: RO\r\n${raw('one')}`, uidl: 'a' }];
    await visit(server, note);
    assert.deepEqual(seen[1], seen[0]);
  });

  test('tell mails apart that the server gives the same UIDL', async () => {
    const server = await servePop3({
      mails: [
        { raw: raw('one'), uidl: 'x' },
        { raw: raw('two'), uidl: 'x' },
      ],
    });
    await visit(server, async (session, ids) => {
      assert.equal(new Set(ids).size, 2);
      assert.deepEqual(await subjectsOf(session, ids), ['one', 'two']);
      await session.dispose(ids.slice(0, 1), remove, nothingNoted);
    });
    const [left] = server.mails;
    assert.match(`${left?.raw}`, /Subject: two/);
  });

  test('are made of headers and size where the server has no UIDL', async () => {
    const server = await servePop3({ mails: [{ raw: raw('one') }, { raw: raw('two') }] });
    const seen: string[][] = [];
    await visit(server, async (_, ids) => seen.push(ids));
    server.mails = server.mails.slice(1);
    await visit(server, async (_, ids) => seen.push(ids));
    assert.deepEqual(seen[1], seen[0]!.slice(1));
  });

  test('keep two mails apart that only their bodies tell apart, as they go one after the other', async () => {
    const twin = (body: string) => ({ raw: `Subject: twin\r\n\r\n${body}\r\n` });
    const server = await servePop3({ mails: [twin('one'), twin('two')] });
    let first = '';
    await visit(server, async (session, [later = '', earlier = '']) => {
      const [mail] = await Array.fromAsync(session.fetch([later]));
      assert.match(`${mail!.raw}`, /two/);
      await session.dispose([later], remove, nothingNoted);
      first = earlier;
    });
    await visit(server, async (_, ids) => assert.deepEqual(ids, [first]));
  });
});

describe('memory', () => {
  const mails = (count: number, day?: string) =>
    Array.from({ length: count }, (_, n) => ({ raw: raw(`${day} ${n}`, day), uidl: `${day}-${n}` }));
  const readFrom = new Date('2026-06-01');

  test('headers of old mails are asked for once, and of many in several sessions', async () => {
    const server = await servePop3({ mails: [...mails(2_500, '1 Jan 2026'), ...mails(1)] });
    let remembered: string | undefined;
    const unlisted: number[] = [];
    const listed: number[] = [];
    for (let session = 0; session < 3; session++) {
      const note = async ({ maildrop }: Session, ids: string[]) => {
        unlisted.push(maildrop!.unlisted);
        listed.push(ids.length);
      };
      remembered = await visit(server, note, { remembered, readFrom });
    }
    assert.deepEqual(unlisted, [501, 0, 0]);
    assert.deepEqual(listed, [0, 1, 1]);
    assert.equal(server.count('TOP'), 2_501);
  });

  test('is not written when nothing new stays in the maildrop', async () => {
    const server = await servePop3({ mails: mails(3, '1 Jan 2026') });
    const remembered = await visit(server, async () => {}, { readFrom });
    server.mails = [...server.mails, ...mails(1)];
    const session = await open(settings(server.port), 'secret', remembered);
    const ids = await session.list(readFrom);
    await session.dispose(ids, remove, nothingNoted);
    assert.deepEqual(await session.maildrop!.commit(), ids);
    assert.equal(session.maildrop!.toRemember(), undefined);
    assert.equal(server.mails.length, 3);
  });

  test('of old mails does not hide them when readFrom moves earlier', async () => {
    const server = await servePop3({ mails: mails(2, '1 Jan 2026') });
    const remembered = await visit(server, async () => {}, { readFrom });
    await visit(server, async (_, ids) => assert.equal(ids.length, 2), { remembered });
  });

  test('of a mail that is gone does not hide another under its UIDL', async () => {
    const server = await servePop3({ mails: mails(1, '1 Jan 2026') });
    let remembered = await visit(server, async () => {}, { readFrom });
    const { mails: before } = server;
    server.mails = [];
    remembered = await visit(server, async () => {}, { remembered, readFrom });
    server.mails = [{ raw: `${before[0]!.raw}`.replace(' Jan ', ' Nov '), uidl: before[0]!.uidl! }];
    await visit(server, async (_, ids) => assert.equal(ids.length, 1), { remembered, readFrom });
  });

  test('of a mail left alone hides it for good', async () => {
    const server = await servePop3({ mails: mails(1), keepsCopies: true });
    const remembered = await visit(server, async ({ maildrop }, ids) => maildrop!.leaveAlone(ids));
    await visit(server, async (_, ids) => assert.deepEqual(ids, []), { remembered });
  });

  test('that nobody can read is no memory', async () => {
    const server = await servePop3({ mails: mails(1) });
    await visit(server, async (_, ids) => assert.equal(ids.length, 1), { remembered: '{"known' });
  });
});

describe('deletion', () => {
  test('a mail not read in this session is deleted only if it is still the one', async () => {
    const server = await servePop3({
      mails: [
        { raw: raw('one'), uidl: 'a' },
        { raw: raw('two'), uidl: 'b' },
      ],
    });
    let ids: string[] = [];
    const remembered = await visit(server, async (_, listed) => {
      ids = listed;
    });
    server.mails = [{ raw: raw('uno'), uidl: 'a' }, server.mails[1]!];
    const session = await open(settings(server.port), 'secret', remembered);
    assert.deepEqual(await session.list(longAgo), ids);
    await session.dispose(ids, remove, nothingNoted);
    assert.deepEqual(await session.maildrop!.commit(), ids.slice(1));
    assert.match(`${server.mails[0]?.raw}`, /uno/);
    await visit(server, async (_, [id]) => assert.notEqual(id, ids[0]), {
      remembered: session.maildrop!.toRemember(),
    });
  });

  test('a session that is closed without commit deletes nothing', async () => {
    const server = await servePop3({ mails: [{ raw: raw('one'), uidl: 'a' }] });
    const session = await open(settings(server.port));
    await session.dispose(await session.list(longAgo), remove, nothingNoted);
    await session.close();
    assert.deepEqual([server.mails.length, server.count('DELE'), server.count('QUIT')], [1, 1, 0]);
  });

  for (const command of ['DELE', 'QUIT']) {
    test(`a server that refuses ${command} is disposal_refused`, async () => {
      const answers = { [command]: '-ERR read-only\r\n' };
      const server = await servePop3({ mails: [{ raw: raw('one'), uidl: 'a' }], answers });
      const session = await open(settings(server.port));
      const ids = await session.list(longAgo);
      const attempt = async () => {
        await session.dispose(ids, remove, nothingNoted);
        await session.maildrop!.commit();
      };
      await assert.rejects(attempt, code('disposal_refused'));
    });
  }
});

describe('commands', () => {
  test('go one by one to a server that does not offer PIPELINING', async () => {
    const mails = Array.from({ length: 5 }, (_, n) => ({ raw: raw(`${n}`), uidl: `${n}` }));
    let waiting = 0;
    const answers = {
      TOP: (socket: { write: (text: string) => void }) => {
        waiting += 1;
        assert.equal(waiting, 1);
        setImmediate(() => {
          waiting -= 1;
          socket.write('+OK\r\nSubject: x\r\n\r\n.\r\n');
        });
      },
    };
    const server = await servePop3({ mails, capabilities: ['TOP', 'UIDL', 'USER'], answers });
    await visit(server, async (_, ids) => assert.equal(ids.length, 5));
  });

  test('a mail longer than its server told is left out of a batch, and streamed', async () => {
    const long = raw('long') + 'x'.repeat(17 * 1024 * 1024);
    const mails = [
      { raw: long, uidl: 'a', sizeBytes: 10 },
      { raw: raw('short'), uidl: 'b' },
    ];
    await visit(await servePop3({ mails }), async (session, ids) => {
      assert.deepEqual(await subjectsOf(session, ids), ['short']);
      let bytes = 0;
      for await (const piece of (await session.stream(ids[0]!))!) bytes += piece.length;
      // Without a true size nobody can tell the line end that the server added from the mail's own.
      assert.equal(bytes, long.length + 2);
    });
  });

  for (const [alone, subjects] of [
    ['among others', ['one', 'two']],
    ['alone', ['one']],
  ] as const) {
    test(`a mail ${alone} whose headers are not given is listed, and neither downloaded nor deleted`, async () => {
      const mails = subjects.map(subject => ({ raw: raw(subject), uidl: subject }));
      const server = await servePop3({ mails, answers: { 'TOP 1': '-ERR corrupt\r\n' } });
      const seen: string[] = [];
      const look = async (session: Session, ids: string[]) => {
        const [withheld] = await session.describe(ids);
        seen.push(withheld!.id);
        assert.match(withheld?.withheld?.reason ?? '', /does not give its headers. The server said: corrupt/);
        assert.deepEqual(await subjectsOf(session, ids), subjects.slice(1));
        assert.equal(await session.stream(withheld!.id), undefined);
        assert.equal(await session.envelope(withheld!.id), undefined);
        await session.dispose(ids.slice(0, 1), remove, nothingNoted);
      };
      const remembered = await visit(server, look);
      await visit(server, look, { remembered });
      assert.equal(seen[0], seen[1]);
      assert.deepEqual([server.count('DELE'), server.count('RETR 1')], [0, 0]);
    });
  }

  test('a mail over whose headers the connection breaks comes last and alone, and in the end it is not asked for', async () => {
    const mails = Array.from({ length: 40 }, (_, n) => ({ raw: raw(`${n}`), uidl: `${n}` }));
    const server = await servePop3({ mails, answers: { 'TOP 20 ': socket => void socket.destroy() } });
    let remembered: string | undefined;
    const ends: unknown[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      const session = await open(settings(server.port), 'secret', remembered);
      const ids = await session.list(longAgo).catch((error: MaloteError) => {
        ends.push(error.code);
        return [];
      });
      if (ids.length > 0) {
        ends.push(ids.length);
        const described = await session.describe(ids);
        assert.deepEqual(
          described.flatMap(({ withheld }) => withheld?.reason ?? []),
          ['The connection breaks whenever its headers are asked for.'],
        );
      }
      await session.close();
      remembered = session.maildrop!.toRemember() ?? remembered;
    }
    assert.deepEqual(ends, ['connection_lost', 'connection_lost', 'connection_lost', 'connection_lost', 40]);
    assert.equal(server.count('TOP 20 '), 4);
    assert.equal(server.count('TOP 1 '), 1);
  });

  test('the envelope of a mail is read from its headers', async () => {
    const from = 'From: =?utf-8?Q?Jos=C3=A9?= <jose@example.net>\r\n';
    const subject = 'Subject: =?iso-8859-1?Q?Reclama=E7=E3o?=\r\n sobre a conta\r\n';
    const server = await servePop3({ mails: [{ raw: `${from}${subject}\r\nText\r\n`, uidl: 'a' }] });
    await visit(server, async (session, [id]) => {
      const envelope = { from: 'jose@example.net', subject: 'Reclamação sobre a conta' };
      assert.deepEqual(await session.envelope(id!), envelope);
    });
  });

  test('a mail that the server lists and does not give is left out, the others come', async () => {
    const mails = ['one', 'two', 'three'].map(subject => ({ raw: raw(subject), uidl: subject }));
    const server = await servePop3({ mails, answers: { 'RETR 2': '-ERR lost\r\n' } });
    await visit(server, async (session, ids) => {
      assert.deepEqual(await subjectsOf(session, ids), ['one', 'three']);
      assert.equal(await session.stream(ids[1]!), undefined);
    });
  });
});

describe('a server that gives a notice in place of a mail with 8-bit headers (Courier)', () => {
  /** As Courier 5 wraps it (pop3dserver.c), with a boundary of its process and the time. */
  const notice = (original: string, boundary: string) =>
    [
      'From: Mail Delivery Subsystem <postmaster>',
      'Subject: Cannot display Unicode content',
      'Mime-Version: 1.0',
      `Content-Type: multipart/mixed; boundary="${boundary}"`,
      '',
      '',
      '',
      `--${boundary}`,
      'Content-Type: text/plain',
      '',
      'This E-mail message was determined to be Unicode-formatted',
      'but your E-mail reader does not support Unicode E-mail.',
      '',
      `--${boundary}`,
      'Content-Type: message/global',
      '',
      original,
      `--${boundary}--`,
      '',
    ].join('\r\n');
  const original = raw('ação');

  test('is asked for UTF8 before the login, where it offers that, and gives the mail', async () => {
    const server = await servePop3({
      mails: [{ raw: original, uidl: 'a' }],
      capabilities: ['TOP', 'UIDL', 'USER', 'UTF8 USER'],
    });
    await visit(server, async (session, ids) => assert.equal((await subjectsOf(session, ids)).length, 1));
    const [utf8, user] = ['UTF8', 'USER contact'].map(command => server.commands.indexOf(command));
    assert.ok(utf8! > 0 && utf8! < user!, server.commands.join());
  });

  test('and refuses UTF8 all the same: the notice is known for none, whatever its boundary, and stays', async () => {
    const server = await servePop3({
      capabilities: ['TOP', 'UIDL', 'USER', 'UTF8'],
      answers: { UTF8: '-ERR not now\r\n' },
    });
    const seen: string[] = [];
    for (const boundary of ['=_4711-1795764835', '=_4712-1795764900']) {
      server.mails = [
        { raw: notice(original, boundary), uidl: 'a', sizeBytes: 100 },
        { raw: raw('two'), uidl: 'b' },
      ];
      await visit(server, async (session, ids) => {
        const [first] = await session.describe(ids);
        seen.push(first!.id);
        assert.match(first!.withheld?.reason ?? '', /notice/);
        assert.deepEqual(await subjectsOf(session, ids), ['two']);
        await session.dispose(ids.slice(0, 1), remove, nothingNoted);
      });
      assert.equal(server.mails.length, 2);
    }
    assert.equal(seen[0], seen[1]);
    assert.equal(server.count('DELE'), 0);
  });

  test('only when the whole mail is asked for, after its headers were remembered: it is left out, and the others come', async () => {
    const server = await servePop3({
      mails: [
        { raw: original, uidl: 'a', sizeBytes: 100 },
        { raw: raw('two'), uidl: 'b' },
      ],
    });
    const remembered = await visit(server, async () => {});
    server.mails = [{ raw: notice(original, '=_1-2'), uidl: 'a', sizeBytes: 100 }, server.mails[1]!];
    await visit(
      server,
      async (session, ids) => {
        assert.deepEqual(await subjectsOf(session, ids), ['two']);
        assert.equal(await session.stream(ids[0]!), undefined);
      },
      { remembered },
    );
  });

  test('a mail that somebody sent with such a subject came over a network, and is a mail', async () => {
    const server = await servePop3({
      mails: [{ raw: `Received: from a by b\r\n${notice(original, '=_1-2')}`, uidl: 'a' }],
    });
    await visit(server, async (session, ids) => assert.equal((await subjectsOf(session, ids)).length, 1));
  });
});

test('a server that gave UIDLs before, and refuses them now, is not taken for one without', async () => {
  const answers: Record<string, string> = {};
  const server = await servePop3({ mails: [{ raw: raw('one'), uidl: 'a' }], capabilities: [], answers });
  const remembered = await visit(server, async () => {});
  answers.UIDL = '-ERR not now\r\n';
  await assert.rejects(
    visit(server, async () => {}, { remembered }),
    code('protocol_violation'),
  );
});

describe('troubles', () => {
  for (const [expected, command, answer] of [
    ['mailbox_busy', 'PASS', '-ERR [IN-USE] Do you have another POP session running?'],
    ['mailbox_busy', 'PASS', '-ERR maildrop already locked'],
    ['mailbox_throttled', 'PASS', '-ERR [LOGIN-DELAY] minimum time between mail checks violation'],
    ['login_unavailable', 'PASS', '-ERR [SYS/TEMP] the directory is down'],
    ['login_refused', 'PASS', '-ERR [SYS/PERM] your account has no POP3'],
    ['protocol_violation', 'LIST', '-ERR [SYS/PERM] your maildrop is corrupt'],
    ['login_refused', 'PASS', '-ERR [AUTH] wrong'],
    ['login_refused', 'PASS', '-ERR account is locked'],
    ['login_refused', 'USER', '-ERR never heard of you'],
    ['connection_refused', 'greeting', '-ERR too many connections'],
    ['protocol_violation', 'LIST', '-ERR what?'],
    ['mailbox_unavailable', 'UIDL', '-ERR [SYS/TEMP] index is being rebuilt'],
    ['mailbox_unavailable', 'TOP', '-ERR [SYS/TEMP] the storage is away'],
    ['protocol_violation', 'greeting', '* OK IMAP4rev1 ready'],
  ] as const) {
    test(`${answer} to ${command} is ${expected}`, async () => {
      const mails = [{ raw: raw('one'), uidl: 'a' }];
      const server = await servePop3({ mails, answers: { [command]: `${answer}\r\n` } });
      await assert.rejects(
        visit(server, async () => {}),
        (error: MaloteError) => {
          assert.equal(error.code, expected);
          assert.ok(error.cure);
          return answer.startsWith('-ERR') ? error.message.includes(answer.slice(5)) : true;
        },
      );
    });
  }

  test('a server without TOP is protocol_violation, saying what to use instead', async () => {
    const answers = { TOP: '-ERR what?\r\n' };
    const capabilities = ['UIDL', 'USER'];
    const server = await servePop3({ mails: [{ raw: raw('one'), uidl: 'a' }], capabilities, answers });
    await assert.rejects(
      visit(server, async () => {}),
      (error: MaloteError) => {
        return error.code === 'protocol_violation' && /IMAP/.test(error.cure ?? '');
      },
    );
  });

  test('a fetch that takes too long is mailbox_timeout', async () => {
    const deadline = new AbortController();
    // As AbortSignal.timeout() ends.
    const timeIsUp = new DOMException('The time is up', 'TimeoutError');
    const { port } = await servePop3({ answers: { LIST: () => deadline.abort(timeIsUp) } });
    const session = await openPop3(
      { mailbox: settings(port), credential: withPassword('x'), clock },
      limitsFor(port),
      deadline.signal,
    );
    await assert.rejects(session.list(longAgo), code('mailbox_timeout'));
  });

  test('a server without STLS is tls_failed, naming the ports of POP3', async () => {
    const { port } = await servePop3();
    await assert.rejects(open(settings(port, { tls: 'starttls' })), (error: MaloteError) => {
      return error.code === 'tls_failed' && /995.*110/.test(error.cure ?? '');
    });
  });

  test('a certificate of an unknown authority is certificate_invalid', { skip: dovecot.skip }, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'malote-tls-'));
    const { caPem: caCertificate } = await createAuthority(dir);
    await rm(dir, { recursive: true });
    const mailbox = settings(dovecot.ports.pop3s, { tls: 'implicit', caCertificate });
    await assert.rejects(open(mailbox), code('certificate_invalid'));
  });

  test('a port where nobody listens is connection_refused', async () => {
    await assert.rejects(open(settings(9)), code('connection_refused'));
  });
});

describe('headers', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const at = (block: string) => receivedAt(Buffer.from(block), now).toISOString();

  test('the topmost Received tells when a mail came, then Date, then the clock', () => {
    const received = (time: string) => `Received: from a (b; c)\r\n\tby d with ESMTP id 7;\r\n\t${time}\r\n`;
    const top = received('Sun, 1 Mar 2026 09:00:01 -0300 (BRT)');
    const date = 'Date: Sat, 28 Feb 2026 23:59:59 +0000\r\n';
    assert.equal(at(`${top}${received('1 Jan 2020 00:00:00 +0000')}${date}\r\n`), '2026-03-01T12:00:01.000Z');
    assert.equal(at(`${date}${top}\r\n`), '2026-03-01T12:00:01.000Z');
    assert.equal(at(`Received: from a by b\r\n${date}\r\n`), '2026-02-28T23:59:59.000Z');
    assert.equal(at('Date: yesterday\r\n\r\n'), now.toISOString());
    assert.equal(at('Date: 1 Mar 2026 10:00\r\n\r\n'), '2026-03-01T10:00:00.000Z');
    assert.equal(at('\r\nDate: 1 Mar 2026 10:00:00 +0000\r\n'), now.toISOString());
  });

  test('the digest leaves out what servers add, and nothing else', () => {
    const digest = (block: string) => headerDigest(Buffer.from(block, 'latin1'));
    const same = digest('Subject: a\r\nFrom: b\r\n\r\n');
    assert.equal(digest('Status: RO\r\nSubject: a\r\nX-UIDL: 1\r\n folded\r\nFrom: b\r\n'), same);
    assert.equal(digest('Subject: a\nFrom: b\n\n'), same);
    const others = [
      'Subject: a\r\n\r\n',
      'From: b\r\nSubject: a\r\n\r\n',
      'Subject: a\r\nX-Status: x\r\nFrom: b',
    ];
    for (const other of others) assert.notEqual(digest(other), same);
  });
});
