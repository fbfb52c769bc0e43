// A record that was changed while orders about its mail were carried out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailKey, ServiceId } from '../../../shared/domain/ids.ts';
import type { LedgerRecord, MailOrder } from '../../../shared/domain/mail/ledger-record.ts';
import { decide, mergeOrdered, withoutUntold } from '../../../shared/domain/mail/order.ts';
import { replay, withFailedReplay } from '../../../shared/domain/mail/replay.ts';
import { ledgerRecord } from '../../support/ledger-record.ts';

const at = '2026-03-02T12:00:00.000Z';
const order = (id: string, action: MailOrder['action']): MailOrder => ({
  id,
  action,
  who: { oid: 'o', name: 'Bia', role: 'Supervisor' },
  at,
  reason: null,
});
const record = (members: Partial<LedgerRecord>) =>
  ledgerRecord({
    id: 's.1' as MailKey,
    serviceId: 's' as ServiceId,
    source: { generation: 'g', id: '1' },
    receivedAt: at,
    ...members,
  });
const override = { overrideRejection: true };

test('a decision that came meanwhile stands, and is still to be told', () => {
  const rejected = decide(record({ state: 'held' }), order('r', 'rejected'), override)!;
  const approved = decide(rejected, order('a', 'approved'), override)!;
  const merged = withoutUntold(mergeOrdered(approved, rejected, rejected), [order('r', 'rejected')]);
  assert.deepEqual([merged.state, merged.decision?.id], ['approving', 'a']);
  assert.deepEqual(
    merged.untold?.map(({ id }) => id),
    ['a'],
  );
});

test('what became of the mail at its server meanwhile is kept, and what the order took away is gone', () => {
  const { untold: _, ...before } = record({ state: 'approving', reason: 'Ended three workers.' });
  const { reason: _reason, ...after } = { ...before, state: 'published' as const, publishedAt: at };
  const found = { ...before, disposal: 'moved' as const, disposedAt: at };
  assert.deepEqual(mergeOrdered(found, before, after), { ...after, disposal: 'moved', disposedAt: at });
});

test('a replay that was ordered meanwhile is remembered beside one that failed', () => {
  const first = replay(record({}), { ...order('1', 'replayed'), jobId: 'j' }, { approvalRequired: false })!;
  const both = replay(first, { ...order('2', 'replayed'), jobId: 'k' }, { approvalRequired: false })!;
  const failed = withFailedReplay(first, order('1', 'replayed'), 'Its raw is not kept.');
  const merged = mergeOrdered(both, first, failed);
  assert.equal(merged.deliveries, 3);
  assert.deepEqual(
    merged.replays?.map(({ id, failed }) => [id, failed]),
    [
      ['1', 'Its raw is not kept.'],
      ['2', undefined],
    ],
  );
});
