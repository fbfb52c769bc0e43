import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { newMailbox } from '../../../shared/domain/mailbox/mailbox.ts';
import { accuse, afterWorkerDeath, putDown, takeInHand } from '../../../shared/domain/mailbox/suspects.ts';

const mailbox = newMailbox('s1' as ServiceId);

test('mails that a dead worker had in its hands become suspects, none of them accused', () => {
  const after = afterWorkerDeath({ ...mailbox, inFlight: ['1', '2'] });
  assert.deepEqual(after.suspects, [
    { id: '1', deaths: 0 },
    { id: '2', deaths: 0 },
  ]);
  assert.deepEqual(after.inFlight, []);
});

test('of two batches in hand each is put down by itself', () => {
  const both = takeInHand(takeInHand(mailbox, ['1', '2']), ['3', '2']);
  assert.deepEqual(both.inFlight, ['1', '2', '3']);
  assert.deepEqual(putDown(both, ['1', '2']).inFlight, ['3']);
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
