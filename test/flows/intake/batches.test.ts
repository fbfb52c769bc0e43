// What the server is asked for before a mail is taken in, and what it remembers of the answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { type Mailbox, newMailbox } from '../../../shared/domain/mailbox/mailbox.ts';
import { MaloteError } from '../../../shared/errors.ts';
import { Batches } from '../../../shared/flows/intake/batches.ts';
import type { Session } from '../../../shared/mailboxes/session.ts';

const readFrom = new Date('2026-03-02T00:00:00Z');
const now = new Date('2026-03-03T00:00:00Z');
const ids = Array.from({ length: 350 }, (_, n) => `${n + 1}`);

/** A session whose mails are all older than `readFrom`, and what it was asked for. */
function oldMails(failing = false) {
  const asked: number[] = [];
  const describe: Session['describe'] = async ids => {
    asked.push(ids.length);
    if (failing) throw new MaloteError('connection_lost', 'The connection to the server broke.');
    return ids.map(id => ({ id, receivedAt: new Date('2026-03-01T23:59:59Z'), sizeBytes: 1 }));
  };
  return { asked, session: { describe } as Session };
}

function failing(code: 'login_refused' | 'connection_lost'): Mailbox {
  const times = { since: now.toISOString(), retryAt: now.toISOString() };
  return {
    ...newMailbox('s1' as ServiceId),
    trouble: { code, message: '', cure: '', failures: 9, ...times },
  };
}

test('a server that broke off is asked for ever fewer mails at once, one that refused the login is not', async () => {
  for (const [code, first, requests] of [
    ['connection_lost', 1, 350],
    ['login_refused', 300, 2],
  ] as const) {
    const { asked, session } = oldMails();
    assert.equal(await new Batches(session, readFrom, [...ids], failing(code), now).peek(), undefined);
    assert.deepEqual([asked[0], asked.length], [first, requests]);
  }
});

test('mails suspected together that turn out to be too old are suspects no more', async () => {
  const mailbox = newMailbox('s1' as ServiceId);
  const broken = new Batches(oldMails(true).session, readFrom, [...ids], mailbox, now);
  assert.deepEqual(Object.keys((await broken.peek()) ?? {}), ['failure']);
  const suspicious = broken.accuse(mailbox);
  assert.equal(suspicious.suspects.length, 300);

  const mended = oldMails();
  const batches = new Batches(mended.session, readFrom, [...ids], suspicious, now);
  await batches.peek();
  assert.equal(mended.asked.length, 301);
  assert.deepEqual(batches.accuse(suspicious).suspects, []);
});

test('mails that are put off come alone, after all others', async () => {
  const describe: Session['describe'] = async ids => ids.map(id => ({ id, receivedAt: now, sizeBytes: 1 }));
  const batches = new Batches(
    { describe } as Session,
    readFrom,
    [...ids],
    newMailbox('s1' as ServiceId),
    now,
  );
  const given: number[] = [];
  for (let next = await batches.next(); next && 'batch' in next; next = await batches.next()) {
    const { mails, suspect } = next.batch;
    given.push(mails.length);
    assert.equal(suspect, mails.length === 1);
    if (given.length === 1) batches.putOff(mails.slice(0, 3));
    assert.equal(batches.waiting, 353 - given.reduce((sum, each) => sum + each, 0));
  }
  assert.deepEqual(given, [100, 100, 100, 50, 1, 1, 1]);
});
