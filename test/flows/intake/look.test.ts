import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { newMailbox } from '../../../shared/domain/mailbox/mailbox.ts';
import { compare } from '../../../shared/flows/intake/look.ts';

const mailbox = newMailbox('s1' as ServiceId);
const now = new Date('2026-11-22T10:00:00Z');

test('what is in the ledger is tidied away when it is still there, and noted as gone when it is not', () => {
  const { fresh, undisposed, vanished } = compare(['2', '3', '5'], { ...mailbox, takenIn: '1:3' }, now);
  assert.deepEqual(
    { fresh, undisposed, vanished },
    { fresh: ['5'], undisposed: ['2', '3'], vanished: ['1'] },
  );
});

test('doubtful mails are apart from those to be tidied away together, in the order remembered', () => {
  const known = { ...mailbox, takenIn: '1:5', doubtful: ['4', '9', '2'] };
  const { undisposed, doubtful } = compare(['1', '2', '3', '4', '9'], known, now);
  assert.deepEqual({ undisposed, doubtful }, { undisposed: ['1', '3'], doubtful: ['4', '2'] });
});

test('suspects come after all others, those with the most deaths last', () => {
  const suspects = [
    { id: '1', deaths: 2 },
    { id: '2', deaths: 0 },
    { id: '3', deaths: 1 },
  ];
  const { fresh } = compare(['1', '2', '3', '4', '5'], { ...mailbox, suspects }, now);
  assert.deepEqual(fresh, ['4', '5', '2', '3', '1']);
});

test('a mail set aside waits until its day is over', () => {
  const setAside = [{ id: '1', retryAt: '2026-11-22T10:00:01.000Z' }];
  const known = { ...mailbox, setAside, suspects: [{ id: '1', deaths: 2 }] };
  assert.deepEqual(compare(['1', '2'], known, now).fresh, ['2']);
  assert.deepEqual(compare(['1', '2'], known, new Date('2026-11-22T10:00:01Z')).fresh, ['2', '1']);
});
