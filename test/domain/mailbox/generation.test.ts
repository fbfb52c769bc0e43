// When the ids of a mailbox's record mean the same mails as those of a session, and when they do not.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import {
  formerGeneration,
  imapFolder,
  imapGeneration,
  unstableGeneration,
} from '../../../shared/domain/mail/key.ts';
import { inSession, isOfGeneration } from '../../../shared/domain/mailbox/generation.ts';
import { type Mailbox, newMailbox } from '../../../shared/domain/mailbox/mailbox.ts';

const account = { host: 'mail.example.com', username: 'ana', folder: 'INBOX' };
const at = (minutes: number) => new Date(Date.UTC(2026, 2, 1, 10, minutes));

function sessionOn(port: number, uidValidity = 7n) {
  const generation = imapGeneration({ ...account, port }, uidValidity);
  return { generation, formerly: formerGeneration({ ...account, port }, generation) };
}

describe('a record from before ports were told apart', () => {
  const old = { ...newMailbox('s1' as ServiceId), generation: imapGeneration(account, 7n), takenIn: '1:3' };

  test('is that of the mailbox on the port that is read first, under its old name, and of no other', () => {
    const known = inSession(old, sessionOn(1993), at(0));
    assert.deepEqual([known.takenIn, known.generation], ['1:3', old.generation]);
    assert.deepEqual(inSession(known, sessionOn(1993), at(1)), known);
    assert.ok(isOfGeneration(known, sessionOn(1993)));

    const moved = inSession(known, sessionOn(2993), at(2));
    assert.deepEqual([moved.takenIn, moved.generation], ['', sessionOn(2993).generation]);
    assert.equal(inSession(moved, sessionOn(1993), at(3)).takenIn, '');
  });

  test('holds as it is on a usual port', () => {
    assert.equal(inSession(old, sessionOn(993), at(0)), old);
  });
});

describe('a folder whose UIDVALIDITY changes', () => {
  const known: Mailbox = {
    ...newMailbox('s1' as ServiceId),
    takenIn: '1:3',
    generation: sessionOn(993, 1n).generation,
  };

  test('once, or seldom, is a folder made anew', () => {
    const once = inSession(known, sessionOn(993, 2n), at(0));
    assert.deepEqual([once.takenIn, once.unstableFolder], ['', undefined]);
    const later = inSession(once, sessionOn(993, 3n), at(2 * 24 * 60));
    assert.equal(later.unstableFolder, undefined);
  });

  test('again and again is told, so that its mails are known by what they are from then on', () => {
    const twice = [2n, 3n].reduce(
      (mailbox, uidValidity) => inSession(mailbox, sessionOn(993, uidValidity), at(0)),
      known,
    );
    assert.equal(twice.unstableFolder, imapFolder({ ...account, port: 993 }));
    const stable = { generation: unstableGeneration({ ...account, port: 993 }) };
    const calm = { ...inSession(twice, stable, at(1)), takenIn: 'abc' };
    assert.equal(inSession(calm, stable, at(2)), calm);
  });

  test('since it is another folder, is no such thing', () => {
    const others = ['Suporte', 'Vendas', 'INBOX'].map(folder => ({
      generation: imapGeneration({ ...account, folder }, 9n),
    }));
    const moved = others.reduce((mailbox, session) => inSession(mailbox, session, at(0)), known);
    assert.equal(moved.unstableFolder, undefined);
  });
});
