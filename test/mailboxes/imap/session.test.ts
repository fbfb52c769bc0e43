// The IMAP reader against Dovecot: nothing is marked as seen, nothing is lost, nobody else's mail is expunged.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createAuthority } from '../../../local/tls.ts';
import type { ServerMailbox } from '../../../shared/domain/service/service.ts';
import { MaloteError } from '../../../shared/errors.ts';
import { openImap } from '../../../shared/mailboxes/imap/session.ts';
import type { Session } from '../../../shared/mailboxes/session.ts';
import { clock } from '../../support/clock.ts';
import { keptNotes, nothingNoted } from '../../support/disposal-notes.ts';
import { type TestMailbox, useDovecot } from '../../support/dovecot.ts';
import { withPassword } from '../../support/imap-subject.ts';
import { patience } from '../../support/until.ts';

const dovecot = await useDovecot();
const oldDovecot = await useDovecot({ withoutCapabilities: ['MOVE', 'UIDPLUS'] });
const allowances = {
  graphUrl: 'https://graph.invalid',
  allowPlaintext: true,
  allowPrivateHosts: true,
  extraPorts: [9, ...Object.values(dovecot.ports), ...Object.values(oldDovecot.ports)],
};
const longAgo = new Date('2000-01-01');
const raw = (subject: string) =>
  Buffer.from(`Subject: ${subject}\r\n\r\nText\xff of ${subject}\r\n`, 'latin1');

type Server = typeof dovecot;

function settings(
  server: Server,
  { user }: TestMailbox,
  changes: Partial<ServerMailbox> = {},
): ServerMailbox {
  return {
    protocol: 'imap',
    address: `${user}@example.com`,
    username: user,
    host: server.host,
    port: server.ports.imaps,
    tls: 'implicit',
    caCertificate: server.authority.caPem,
    folder: 'INBOX',
    afterRead: { action: 'delete' },
    auth: { type: 'basic' },
    ...changes,
  };
}

async function open(
  server: Server,
  mailbox: TestMailbox,
  changes: Partial<ServerMailbox> & { password?: string } = {},
) {
  const { password = mailbox.password, ...rest } = changes;
  const target = { mailbox: settings(server, mailbox, rest), credential: withPassword(password), clock };
  return openImap(target, allowances, patience());
}

async function reading<T>(
  server: Server,
  mailbox: TestMailbox,
  run: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await open(server, mailbox);
  try {
    return await run(session);
  } finally {
    await session.close();
  }
}

const code = (expected: string) => (error: unknown) =>
  error instanceof MaloteError && error.code === expected;
const subjects = (mails: { raw: Buffer }[]) =>
  mails.map(mail => /Subject: (.*)\r/.exec(mail.raw.toString())?.[1]);

describe('reading', { skip: dovecot.skip }, () => {
  test('fetches the bytes as they are and leaves every mail unseen', async () => {
    const mailbox = await dovecot.newMailbox();
    for (const subject of ['one', 'two']) await mailbox.deliver('INBOX', raw(subject));
    await reading(dovecot, mailbox, async session => {
      const ids = await session.list(longAgo);
      const fetched = await Array.fromAsync(session.fetch(ids));
      assert.deepEqual(
        fetched.map(mail => mail.raw),
        [raw('one'), raw('two')],
      );
      const stream = await session.stream(ids[0]!);
      assert.deepEqual(Buffer.concat(await stream!.toArray()), raw('one'));
    });
    assert.deepEqual(
      (await mailbox.list('INBOX')).map(({ flags }) => flags.includes('\\Seen')),
      [false, false],
    );
  });

  test('describes mails with INTERNALDATE and size', async () => {
    const mailbox = await dovecot.newMailbox();
    const receivedAt = new Date('2026-03-04T05:06:07Z');
    await mailbox.deliver('INBOX', raw('one'), { receivedAt });
    await reading(dovecot, mailbox, async session => {
      const ids = await session.list(longAgo);
      assert.deepEqual(await session.describe(ids), [
        { id: ids[0], receivedAt, sizeBytes: raw('one').length },
      ]);
    });
  });

  test('lists neither mails of more than a day before readFrom nor those marked deleted', async () => {
    const mailbox = await dovecot.newMailbox();
    await mailbox.deliver('INBOX', raw('old'), { receivedAt: new Date('2026-05-01T12:00:00Z') });
    await mailbox.deliver('INBOX', raw('waste'), { flags: ['\\Deleted'] });
    await mailbox.deliver('INBOX', raw('new'));
    await reading(dovecot, mailbox, async session => {
      const fetched = await Array.fromAsync(
        session.fetch(await session.list(new Date('2026-05-10T00:00:00Z'))),
      );
      assert.deepEqual(subjects(fetched), ['new']);
    });
  });

  test('an empty folder lists nothing', async () => {
    const mailbox = await dovecot.newMailbox();
    assert.deepEqual(await reading(dovecot, mailbox, session => session.list(longAgo)), []);
  });
});

describe('troubles', { skip: dovecot.skip }, () => {
  test('a wrong password is login_refused', async () => {
    const mailbox = await dovecot.newMailbox();
    await assert.rejects(open(dovecot, mailbox, { password: 'wrong' }), code('login_refused'));
  });

  test('a folder that is not there is folder_missing, naming it', async () => {
    const mailbox = await dovecot.newMailbox();
    await assert.rejects(open(dovecot, mailbox, { folder: 'Suporte' }), (error: MaloteError) => {
      return (
        error.code === 'folder_missing' && error.message.includes('"Suporte"') && error.cure !== undefined
      );
    });
  });

  test('a certificate of an unknown authority is certificate_invalid', async () => {
    const mailbox = await dovecot.newMailbox();
    const dir = await mkdtemp(join(tmpdir(), 'malote-tls-'));
    const { caPem: caCertificate } = await createAuthority(dir);
    await rm(dir, { recursive: true });
    await assert.rejects(open(dovecot, mailbox, { caCertificate }), code('certificate_invalid'));
  });

  test('TLS spoken to a plaintext port is tls_failed', async () => {
    const mailbox = await dovecot.newMailbox();
    await assert.rejects(open(dovecot, mailbox, { port: dovecot.ports.imap }), code('tls_failed'));
  });

  test('STARTTLS reads as well', async () => {
    const mailbox = await dovecot.newMailbox();
    await mailbox.deliver('INBOX', raw('one'));
    const session = await open(dovecot, mailbox, { port: dovecot.ports.imap, tls: 'starttls' });
    assert.equal((await session.list(longAgo)).length, 1);
    await session.close();
  });

  test('a session tells until when the certificate of its server is good', async () => {
    const mailbox = await dovecot.newMailbox();
    const validTo = new Date(new X509Certificate(dovecot.authority.certPem).validTo);
    for (const changes of [{}, { port: dovecot.ports.imap, tls: 'starttls' }] as const) {
      const session = await open(dovecot, mailbox, changes);
      assert.deepEqual(session.certificate?.to, validTo);
      await session.close();
    }
  });

  test('a port where nobody listens is connection_refused', async () => {
    const mailbox = await dovecot.newMailbox();
    await assert.rejects(open(dovecot, mailbox, { port: 9 }), code('connection_refused'));
  });

  test('a name that does not exist is host_unknown', async () => {
    const mailbox = await dovecot.newMailbox();
    await assert.rejects(open(dovecot, mailbox, { host: 'mail.invalid' }), code('host_unknown'));
  });

  test('a private host is host_forbidden unless the deployment allows it', async () => {
    const mailbox = await dovecot.newMailbox();
    const target = { mailbox: settings(dovecot, mailbox), credential: withPassword(mailbox.password), clock };
    const forbidding = { ...allowances, allowPrivateHosts: false };
    await assert.rejects(openImap(target, forbidding, patience()), code('host_forbidden'));
  });
});

for (const [name, server] of [
  ['with MOVE and UIDPLUS', dovecot],
  ['without MOVE and UIDPLUS', oldDovecot],
] as const) {
  describe(`disposal ${name}`, { skip: server.skip }, () => {
    test('moves exactly the mails named', async () => {
      const mailbox = await server.newMailbox('Feito');
      for (const subject of ['one', 'two', 'three']) await mailbox.deliver('INBOX', raw(subject));
      await reading(server, mailbox, async session => {
        const ids = (await session.list(longAgo)).slice(0, 2);
        const result = await session.dispose(ids, { action: 'move', folder: 'Feito' }, nothingNoted);
        assert.deepEqual(result, { disposed: ids, marked: [] });
      });
      assert.deepEqual(subjects(await mailbox.list('INBOX')), ['three']);
      assert.deepEqual(subjects(await mailbox.list('Feito')), ['one', 'two']);
    });

    test('deletes exactly the mails named', async () => {
      const mailbox = await server.newMailbox();
      for (const subject of ['one', 'two']) await mailbox.deliver('INBOX', raw(subject));
      await reading(server, mailbox, async session => {
        const ids = (await session.list(longAgo)).slice(1);
        assert.deepEqual((await session.dispose(ids, { action: 'delete' }, nothingNoted)).disposed, ids);
      });
      assert.deepEqual(subjects(await mailbox.list('INBOX')), ['one']);
    });

    test('a mail that vanished meanwhile counts as disposed', async () => {
      const mailbox = await server.newMailbox();
      await mailbox.deliver('INBOX', raw('one'));
      await reading(server, mailbox, async session => {
        const ids = await session.list(longAgo);
        await reading(server, mailbox, other => other.dispose(ids, { action: 'delete' }, nothingNoted));
        assert.deepEqual((await session.dispose(ids, { action: 'delete' }, nothingNoted)).disposed, ids);
      });
    });

    test('a destination that is not there is destination_missing, and the mail stays', async () => {
      const mailbox = await server.newMailbox();
      await mailbox.deliver('INBOX', raw('one'));
      await reading(server, mailbox, async session => {
        const ids = await session.list(longAgo);
        const move = session.dispose(ids, { action: 'move', folder: 'Feito' }, nothingNoted);
        await assert.rejects(move, code('destination_missing'));
      });
      assert.deepEqual(subjects(await mailbox.list('INBOX')), ['one']);
    });

    test('a destination that goes away between two disposals is destination_missing, too', async () => {
      const mailbox = await server.newMailbox('Feito');
      for (const subject of ['one', 'two']) await mailbox.deliver('INBOX', raw(subject));
      await reading(server, mailbox, async session => {
        const ids = await session.list(longAgo);
        const move = (id = '') => session.dispose([id], { action: 'move', folder: 'Feito' }, nothingNoted);
        assert.deepEqual((await move(ids[0])).disposed, [ids[0]]);
        await rm(join(server.mailDir, mailbox.user, 'Maildir', '.Feito'), { recursive: true });
        await assert.rejects(move(ids[1]), code('destination_missing'));
      });
      assert.deepEqual(subjects(await mailbox.list('INBOX')), ['two']);
    });
  });
}

describe('disposal without UIDPLUS', { skip: oldDovecot.skip }, () => {
  test('a mail that another client marked deleted survives, and ours is removed once that one is gone', async () => {
    const mailbox = await oldDovecot.newMailbox('Feito');
    await mailbox.deliver('INBOX', raw('of another client'), { flags: ['\\Deleted'] });
    await mailbox.deliver('INBOX', raw('ours'));
    const first = await reading(oldDovecot, mailbox, async session => {
      const ids = await session.list(longAgo);
      const result = await session.dispose(ids, { action: 'move', folder: 'Feito' }, nothingNoted);
      assert.deepEqual(result, { disposed: ids, marked: ids });
      return result;
    });
    assert.deepEqual(subjects(await mailbox.list('INBOX')), ['of another client', 'ours']);
    assert.deepEqual(subjects(await mailbox.list('Feito')), ['ours']);

    await mailbox.unmarkDeleted('INBOX', 1);
    await mailbox.deliver('INBOX', raw('next'));
    await reading(oldDovecot, mailbox, async session => {
      const ids = (await session.list(longAgo)).slice(1);
      const notes = { ...nothingNoted, marked: first.marked };
      assert.deepEqual(await session.dispose(ids, { action: 'delete' }, notes), {
        disposed: ids,
        marked: [],
      });
    });
    assert.deepEqual(subjects(await mailbox.list('INBOX')), ['of another client']);
  });

  test('marks are noted before they are made: later nobody could tell whose they are', async () => {
    const mailbox = await oldDovecot.newMailbox();
    await mailbox.deliver('INBOX', raw('one'));
    await reading(oldDovecot, mailbox, async session => {
      const ids = await session.list(longAgo);
      const noted: string[] = [];
      const noteMarked = async (marked: string[]) => {
        noted.push(...marked);
        throw new Error('the worker dies');
      };
      await assert.rejects(session.dispose(ids, { action: 'delete' }, { ...nothingNoted, noteMarked }));
      assert.deepEqual(noted, ids);
    });
    assert.deepEqual(
      (await mailbox.list('INBOX')).map(({ flags }) => flags.includes('\\Deleted')),
      [false],
    );
  });

  test('a mail that was copied before a crash is found, and not copied again', async () => {
    const mailbox = await oldDovecot.newMailbox('Feito');
    await mailbox.deliver('INBOX', raw('one'));
    await reading(oldDovecot, mailbox, async session => {
      const ids = await session.list(longAgo);
      const notes = keptNotes();
      const crash = new Error('the worker dies between COPY and STORE');
      const noteCopies: typeof notes.noteCopies = async copies => {
        if (copies.copied) throw crash;
        await notes.noteCopies(copies);
      };
      const move = { action: 'move', folder: 'Feito' } as const;
      await assert.rejects(session.dispose(ids, move, { ...notes, noteCopies }));
      assert.deepEqual([...notes.states], [[ids[0], 'asked']]);
      assert.deepEqual((await session.dispose(ids, move, notes)).disposed, ids);
    });
    assert.deepEqual(subjects(await mailbox.list('Feito')), ['one']);
  });
});
