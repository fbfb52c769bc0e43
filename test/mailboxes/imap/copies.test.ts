// Servers that do not copy, or move, all that they say: nothing is removed that is not seen to have arrived, and nothing copied twice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MaloteError } from '../../../shared/errors.ts';
import { openImap } from '../../../shared/mailboxes/imap/session.ts';
import { clock } from '../../support/clock.ts';
import { keptNotes } from '../../support/disposal-notes.ts';
import { limitsFor, settingsFor, withPassword } from '../../support/imap-subject.ts';
import { hangUp, startScriptedImap } from '../../support/scripted-imap.ts';
import { type FolderMail, folderMail, type TwoFolders, twoFolders } from '../../support/two-folders.ts';
import { patience } from '../../support/until.ts';

const toFeito = { action: 'move', folder: 'Feito' } as const;
const uids = (mails: FolderMail[]) => mails.map(({ uid }) => String(uid));
const subjects = (mails: FolderMail[]) => mails.map(({ fields }) => /Subject: (\d+)/.exec(fields)?.[1]);
const mailsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => folderMail(index + 1, { id: `m${index + 1}@example.net` }));

/** Disposals of all that is in the INBOX, one session each. */
async function moving(server: TwoFolders) {
  const { port, commands } = await startScriptedImap(server.script);
  const notes = keptNotes();
  const dispose = async (ids = uids(server.inbox)) => {
    const target = { mailbox: settingsFor(port), credential: withPassword('secret'), clock };
    const session = await openImap(target, limitsFor(port), patience());
    try {
      return await session.dispose(ids, toFeito, notes);
    } finally {
      await session.close();
    }
  };
  const given = (name: string) => commands.filter(command => command.startsWith(name));
  return { dispose, notes, given };
}

/** As mailutils: mails put into another mbox file get fields of its own, and are longer then. */
const longer = (mail: FolderMail) => ({ ...mail, sizeBytes: mail.sizeBytes + 10 });

describe('a server without UIDPLUS that copies 42 of 55 and says OK', () => {
  test('keeps the 13, whatever somebody else puts into the destination meanwhile, and is not asked to copy them again', async () => {
    const others = Array.from({ length: 13 }, (_, index) => folderMail(500 + index, { id: `other${index}` }));
    const server = twoFolders(mailsOf(55), {
      copies: mails => [...mails.slice(0, 42).map(longer), ...others],
    });
    const { dispose, notes, given } = await moving(server);
    const { disposed, kept } = await dispose();
    assert.equal(disposed.length, 42);
    assert.deepEqual(kept?.ids, uids(server.inbox));
    assert.equal(kept?.refusal.code, 'disposal_refused');
    assert.match(kept?.refusal.message ?? '', /13 mails to "Feito"/);
    assert.deepEqual(subjects(server.inbox), subjects(mailsOf(55)).slice(42));

    const again = await dispose();
    assert.deepEqual(again.disposed, []);
    assert.equal(again.kept?.ids.length, 13);
    assert.equal(given('UID COPY').length, 1);

    // Somebody moved them by hand, by copying.
    server.done.push(...server.inbox.map(mail => ({ ...mail, uid: mail.uid + 1000 })));
    assert.equal((await dispose()).disposed.length, 13);
    assert.deepEqual([server.inbox, given('UID COPY').length], [[], 1]);
    assert.ok([...notes.states.values()].every(state => state === 'copied'));
  });

  test('of mails without a Message-ID, date and size have to be the same; of twins both have to be there', async () => {
    const twin = { fields: 'Subject: 77\r\n', date: '01-Mar-2026 10:00:00 +0000', sizeBytes: 50 };
    const inbox = [
      folderMail(1),
      folderMail(2),
      folderMail(3),
      { uid: 4, ...twin },
      { uid: 5, ...twin },
      folderMail(6, { id: 'six' }),
    ];
    const [one, two] = inbox;
    const server = twoFolders(inbox, {
      copies: () => [
        one!,
        longer(two!),
        { ...twin, uid: 0 },
        { ...folderMail(6, { id: 'six' }), date: '02-Mar-2026 10:00:00 +0000' },
      ],
    });
    const { dispose } = await moving(server);
    const { disposed, kept } = await dispose();
    assert.deepEqual(
      [disposed, kept?.ids],
      [
        ['1', '6'],
        ['2', '3', '4', '5'],
      ],
    );
  });

  test('a destination that cannot be looked into is told before anything is copied', async () => {
    const server = twoFolders(mailsOf(2));
    server.script.EXAMINE = 'TAG NO [NOPERM] not yours';
    const { dispose, given } = await moving(server);
    await assert.rejects(dispose(), (error: MaloteError) =>
      /look into the folder "Feito"/.test(error.message),
    );
    assert.deepEqual([given('UID COPY').length, server.inbox.length], [0, 2]);
  });
});

describe('a server with UIDPLUS', () => {
  test('that names 5 of 6 in COPYUID loses none', async () => {
    const server = twoFolders(mailsOf(6), { capabilities: 'UIDPLUS', copies: mails => mails.slice(0, 5) });
    const { dispose, given } = await moving(server);
    const { disposed, kept } = await dispose();
    assert.deepEqual([disposed, kept?.ids], [['1', '2', '3', '4', '5'], ['6']]);
    assert.deepEqual(uids(server.inbox), ['6']);
    await dispose();
    assert.equal(given('UID COPY').length, 1);
  });

  test('that names what it copied only in part is looked at, and needs not be when it names all', async () => {
    const shy = twoFolders(mailsOf(6), { capabilities: 'UIDPLUS', names: named => named.slice(0, 2) });
    const first = await moving(shy);
    assert.deepEqual([(await first.dispose()).disposed.length, shy.inbox.length, shy.done.length], [6, 0, 6]);
    const plain = twoFolders(mailsOf(6), { capabilities: 'UIDPLUS' });
    const second = await moving(plain);
    assert.equal((await second.dispose()).disposed.length, 6);
    assert.deepEqual(second.given('EXAMINE'), []);
  });
});

test('a COPY whose answer is lost is looked for, and made again only of what is not there', async () => {
  const server = twoFolders(mailsOf(4), {});
  const copyAll = server.script['UID COPY'] as (command: string) => string;
  server.script['UID COPY'] = command => {
    copyAll(command);
    server.done.splice(2);
    server.script['UID COPY'] = copyAll;
    return hangUp;
  };
  const scripted = { ...server, script: server.script };
  const { port, commands } = await startScriptedImap({
    ...scripted.script,
    'UID COPY': command => (server.script['UID COPY'] as (command: string) => string)(command),
  });
  const notes = keptNotes();
  const dispose = async () => {
    const target = { mailbox: settingsFor(port), credential: withPassword('secret'), clock };
    const session = await openImap(target, limitsFor(port), patience());
    return session.dispose(['1', '2', '3', '4'], toFeito, notes).finally(session.close);
  };
  await assert.rejects(dispose(), (error: MaloteError) => error.code === 'connection_lost');
  assert.deepEqual(new Set(notes.states.values()), new Set(['asked']));
  assert.equal((await dispose()).disposed.length, 4);
  assert.deepEqual(
    commands.filter(command => command.startsWith('UID COPY')),
    ['UID COPY 1:4 Feito', 'UID COPY 3:4 Feito'],
  );
  assert.deepEqual(subjects(server.done), ['1', '2', '3', '4']);
});

test('a COPY that is refused halfway copies nothing twice, and the words of the server are told', async () => {
  const server = twoFolders(mailsOf(3));
  const copyAll = server.script['UID COPY'] as (command: string) => string;
  server.script['UID COPY'] = command => {
    copyAll(command);
    server.done.splice(1);
    return 'TAG NO [OVERQUOTA] Quota exceeded (mailbox for user is full)';
  };
  const { dispose, notes } = await moving(server);
  await assert.rejects(dispose(), (error: MaloteError) => {
    assert.equal(error.code, 'disposal_refused');
    return /Quota exceeded/.test(error.message);
  });
  assert.deepEqual([...notes.states], [['1', 'copied']]);
  assert.equal((await dispose(['1'])).disposed.length, 1);
});

describe('a server with MOVE', () => {
  const capabilities = 'MOVE UIDPLUS';

  test('that does not name a mail which left the folder is noticed', async () => {
    const server = twoFolders(mailsOf(6), { capabilities, names: named => named.filter(uid => uid !== 4) });
    const { dispose } = await moving(server);
    const { disposed, unaccounted } = await dispose();
    assert.deepEqual([disposed, unaccounted], [['1', '2', '3', '5', '6'], ['4']]);
  });

  test('that still lists what it moved has not moved it, and is not asked for a second copy', async () => {
    const server = twoFolders(mailsOf(6), { capabilities, leaves: moved => moved.filter(uid => uid !== 4) });
    const { dispose, given } = await moving(server);
    const { disposed, kept } = await dispose();
    assert.deepEqual([disposed, kept?.ids], [['1', '2', '3', '5', '6'], ['4']]);
    assert.deepEqual((await dispose()).disposed, ['4']);
    assert.deepEqual([given('UID MOVE').length, server.done.length, server.inbox], [1, 6, []]);
  });

  test('that passes over a mail is asked for it again', async () => {
    let passed = 4;
    const server = twoFolders(mailsOf(6), {
      capabilities,
      copies: mails => mails.filter(({ uid }) => uid !== passed),
      leaves: moved => moved.filter(uid => uid !== passed),
    });
    const { dispose } = await moving(server);
    assert.deepEqual((await dispose()).kept?.ids, ['4']);
    passed = 0;
    assert.deepEqual((await dispose()).disposed, ['4']);
    assert.equal(server.done.length, 6);
  });
});
