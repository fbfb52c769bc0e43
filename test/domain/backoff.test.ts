import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backsOff, nextTrouble } from '../../shared/domain/backoff.ts';

const now = new Date('2026-11-22T10:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const refused = { code: 'login_refused', message: 'The server refused the login.', cure: '' } as const;

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
