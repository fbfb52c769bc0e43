// Which delivery a replay becomes, judged by the record alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailKey, ServiceId } from '../../../shared/domain/ids.ts';
import type { LedgerRecord, MailOrder } from '../../../shared/domain/mail/ledger-record.ts';
import { lifeOf } from '../../../shared/domain/mail/life.ts';
import { withoutUntold } from '../../../shared/domain/mail/order.ts';
import { replay, withFailedReplay } from '../../../shared/domain/mail/replay.ts';
import { advance, type ReplayJob, takeInHand } from '../../../shared/domain/replay-job.ts';
import { ledgerRecord } from '../../support/ledger-record.ts';

const at = '2026-03-02T12:00:00.000Z';
const who = { oid: 'o', name: 'Bia', role: 'Supervisor' };
const order = (id: string, members: Partial<MailOrder> = {}): MailOrder => ({
  id,
  action: 'replayed',
  who,
  at,
  reason: null,
  ...members,
});
const record = (members: Partial<LedgerRecord>) =>
  ledgerRecord({
    id: 's.1' as MailKey,
    serviceId: 's' as ServiceId,
    source: { generation: 'g', id: '1' },
    receivedAt: at,
    ...members,
  });
const open = { approvalRequired: false };
const filtered = { approvalRequired: true };
const told = (mail: LedgerRecord | undefined) => withoutUntold(mail!, mail?.untold ?? []);

test('what was published gets the next number at each replay', () => {
  const second = told(replay(record({}), order('a'), filtered));
  const third = replay(second, order('b'), filtered);
  assert.deepEqual([second.state, second.deliveries, third?.deliveries], ['published', 2, 3]);
  assert.deepEqual(
    third?.replays?.map(({ number }) => number),
    [2, 3],
  );
  assert.deepEqual(
    third?.untold?.map(({ id, number }) => [id, number]),
    [['b', 3]],
  );
});

test('ordered again while it is under way, it is the same replay', () => {
  const reserved = replay(record({}), order('a'), open);
  assert.equal(replay(reserved!, order('b'), open), undefined);
});

test('a job reserves one number for a mail, whatever happens to the mail meanwhile', () => {
  const job = order('a', { jobId: 'j' });
  const reserved = replay(record({}), job, open);
  assert.equal(replay(reserved!, order('b', { jobId: 'j' }), open), undefined);
  assert.equal(replay(told(reserved), order('b', { jobId: 'j' }), open), undefined);
  assert.equal(replay(told(reserved), order('b', { jobId: 'k' }), open)?.deliveries, 3);
  const first = replay(record({ state: 'setAside' }), job, open);
  assert.equal(replay(first!, order('b', { jobId: 'j' }), open), undefined);
});

test('what never was published goes out as the first delivery', () => {
  for (const state of ['setAside', 'stored', 'reappeared'] as const) {
    const next = replay(record({ state }), order('a'), open);
    assert.deepEqual([next?.state, next?.untold?.[0]?.number, next?.deliveries], ['approving', 1, undefined]);
  }
});

test('what has not passed the filter of its service is to be held, unless it was let in before', () => {
  for (const state of ['setAside', 'stored', 'reappeared'] as const) {
    const next = replay(record({ state }), order('a'), filtered);
    assert.deepEqual([next?.untold?.[0]?.toHeld, next?.untold?.[0]?.number], [true, undefined]);
  }
  const letIn = record({ state: 'setAside', decision: order('d', { action: 'approved' }) });
  assert.equal(replay(letIn, order('a'), filtered)?.untold?.[0]?.number, 1);
});

test('held, approving and rejected mail is never replayed, and the refusal says what to do', () => {
  const rejected = { state: 'rejected', decision: order('d', { action: 'rejected' }) } as const;
  for (const [members, words] of [
    [{ state: 'held' }, /waits for a supervisor: approve it/],
    [{ state: 'approving' }, /on its way/],
    [rejected, /rejected by Bia at 2026-03-02.*"overrideRejection": true/],
  ] as const) {
    assert.throws(() => replay(record(members), order('a'), open), { code: 'conflict', message: words });
  }
});

test('a replay is in the life of its mail, and why it failed inside only', () => {
  const reserved = told(replay(record({}), order('a', { reason: 'Perdido.' }), open));
  const step = { what: 'replayed', at, by: 'Bia', number: 2 };
  assert.deepEqual(lifeOf(reserved, 'inside').at(-1), { ...step, reason: 'Perdido.' });
  const failed = withFailedReplay(reserved, order('a'), 'Its raw is not kept.');
  assert.deepEqual(lifeOf(failed, 'inside').at(-1), { ...step, reason: 'Its raw is not kept.' });
  assert.deepEqual(lifeOf(failed, 'outside').at(-1), { ...step, reason: 'Perdido.' });
});

test('a job counts page by page, ends with the last, and stays stopped', () => {
  const job: ReplayJob = {
    id: 'j',
    serviceId: 's' as ServiceId,
    from: at,
    to: at,
    state: null,
    status: 'running',
    by: who,
    reason: null,
    createdAt: at,
    updatedAt: at,
    total: 4,
    counts: { replayed: 0, held: 0, refused: 0, failed: 0 },
    after: null,
  };
  const later = new Date('2026-03-02T13:00:00Z');
  const page = { places: [{ at, id: 's.1' as MailKey }], isLast: false };
  const inHand = takeInHand(job, page, later);
  assert.deepEqual([inHand.page, inHand.updatedAt], [page, later.toISOString()]);
  const some = advance(inHand, page, ['replayed', 'refused'], later);
  assert.deepEqual([some.status, some.counts], ['running', { replayed: 1, held: 0, refused: 1, failed: 0 }]);
  assert.deepEqual([some.after, some.page], [page.places[0], null]);
  const none = { places: [], isLast: true };
  const all = advance(some, none, ['replayed', 'held'], later);
  assert.deepEqual([all.status, all.counts], ['done', { replayed: 2, held: 1, refused: 1, failed: 0 }]);
  assert.deepEqual(all.after, page.places[0]);
  assert.equal(advance({ ...some, status: 'stopped' }, page, [], later).status, 'stopped');
});

test('a mail remembers its last twenty replays, and goes on counting', () => {
  let mail = record({});
  for (let n = 2; n <= 25; n += 1) mail = told(replay(mail, order(`order ${n}`), open));
  assert.equal(mail.deliveries, 25);
  assert.deepEqual(
    mail.replays?.map(({ number }) => number),
    Array.from({ length: 20 }, (_, index) => index + 6),
  );
});

test('a job knows a mail that it has in hand, however many others replay it meanwhile', () => {
  let mail = replay(record({}), order('a', { jobId: 'j' }), open)!;
  for (let n = 0; n < 25; n += 1) mail = replay(mail, order(`b${n}`, { jobId: `k${n}` }), open)!;
  assert.equal(mail.untold?.length, 26);
  assert.equal(replay(mail, order('c', { jobId: 'j' }), open), undefined);
});
