import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import {
  forgetAbsent,
  inGeneration,
  isLeased,
  markDoubtful,
  newMailbox,
  withLease,
} from '../../../shared/domain/mailbox/mailbox.ts';

const mailbox = newMailbox('s1' as ServiceId);
const now = new Date('2026-11-22T10:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const lease = { owner: 'a', expiresAt: later(120).toISOString() };

test('a lease holds until it expires and for the skew of clocks after', () => {
  const taken = withLease(mailbox, lease);
  assert.equal(isLeased(taken, later(120), 30_000), true);
  assert.equal(isLeased(taken, later(149), 30_000), true);
  assert.equal(isLeased(taken, later(150), 30_000), false);
});

test('of doubtful mails the last to fail come last', () => {
  const known = { ...mailbox, doubtful: ['1', '2', '3'] };
  assert.deepEqual(markDoubtful(known, ['1', '4']).doubtful, ['2', '3', '1', '4']);
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
