import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import {
  accuse,
  afterWorkerDeath,
  backsOff,
  doubt,
  forgetAbsent,
  inGeneration,
  isLeased,
  newMailbox,
  nextTrouble,
  withLease,
} from '../../../shared/domain/mailbox/mailbox.ts';

const mailbox = newMailbox('s1' as ServiceId);
const now = new Date('2026-11-22T10:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const lease = { owner: 'a', expiresAt: later(120).toISOString() };
const refused = { code: 'login_refused', message: 'The server refused the login.', cure: '' } as const;

test('a lease holds until it expires and for the skew of clocks after', () => {
  const taken = withLease(mailbox, lease);
  assert.equal(isLeased(taken, later(120), 30_000), true);
  assert.equal(isLeased(taken, later(149), 30_000), true);
  assert.equal(isLeased(taken, later(150), 30_000), false);
});

test('mails that a dead worker had in its hands become suspects, none of them accused', () => {
  const after = afterWorkerDeath({ ...mailbox, inFlight: ['1', '2'] });
  assert.deepEqual(after.suspects, [
    { id: '1', deaths: 0 },
    { id: '2', deaths: 0 },
  ]);
  assert.deepEqual(after.inFlight, []);
});

test('a mail that was alone in the hands of every worker that died is counted each time', () => {
  let next = mailbox;
  for (let n = 0; n < 3; n++) next = afterWorkerDeath({ ...next, inFlight: ['7'] });
  assert.deepEqual(next.suspects, [{ id: '7', deaths: 3 }]);
});

test('a death is on the account of a mail that was alone, and of no other suspect', () => {
  const before = { ...mailbox, suspects: [{ id: '1', deaths: 0 }] };
  assert.deepEqual(accuse(before, ['2'], true).suspects, [
    { id: '1', deaths: 0 },
    { id: '2', deaths: 1 },
  ]);
  assert.deepEqual(accuse(before, ['1', '2'], false).suspects, [
    { id: '1', deaths: 0 },
    { id: '2', deaths: 0 },
  ]);
});

test('a mail is remembered as undescribed only as long as that was its last failure', () => {
  const before = { ...mailbox, suspects: [{ id: '1', deaths: 0 }] };
  const undescribed = accuse(before, ['1'], true, { undescribed: true });
  assert.deepEqual(undescribed.suspects, [{ id: '1', deaths: 1, undescribed: true }]);
  assert.deepEqual(accuse(undescribed, ['1'], true).suspects, [{ id: '1', deaths: 2 }]);
});

test('of doubtful mails the last to fail come last', () => {
  const known = { ...mailbox, doubtful: ['1', '2', '3'] };
  assert.deepEqual(doubt(known, ['1', '4']).doubtful, ['2', '3', '1', '4']);
});

test('doubtful and suspect mails, and those set aside, are forgotten with the mail', () => {
  const known = {
    ...mailbox,
    suspects: ['1', '2'].map(id => ({ id, deaths: 1 })),
    setAside: ['2', '3'].map(id => ({ id, retryAt: now.toISOString() })),
    doubtful: ['5', '4'],
  };
  const { suspects, setAside, doubtful } = forgetAbsent(known, ['2', '4']);
  assert.deepEqual([suspects, setAside, doubtful], [[known.suspects[1]], [known.setAside[0]], ['4']]);
});

test('another generation forgets what belonged to the old ids, and nothing else', () => {
  const known = { ...mailbox, generation: 'g1', takenIn: '1:9', inFlight: ['3'], epoch: 4 };
  assert.equal(inGeneration(known, 'g1'), known);
  assert.deepEqual(inGeneration(known, 'g2'), { ...mailbox, generation: 'g2', epoch: 4 });
});

test('back-off doubles from a minute to an hour while the trouble lasts', () => {
  let trouble = nextTrouble(null, refused, now);
  const waits = [];
  for (let n = 0; n < 8; n++) {
    waits.push((Date.parse(trouble.retryAt) - now.getTime()) / 60_000);
    trouble = nextTrouble(trouble, refused, now);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
});

test('a trouble keeps the instant it began while its code stays', () => {
  const first = nextTrouble(null, refused, now);
  assert.equal(nextTrouble(first, refused, later(60)).since, now.toISOString());
  const other = nextTrouble(first, { ...refused, code: 'folder_missing' }, later(60));
  assert.equal(other.since, later(60).toISOString());
});

test('a server that asks for a longer wait gets it', () => {
  const trouble = nextTrouble(null, { ...refused, retryAfterMs: 600_000 }, now);
  assert.equal(backsOff(trouble, later(599)), true);
  assert.equal(backsOff(trouble, later(600)), false);
});
