// Which mails may be forgotten, and which tombstones are due: asked of a database.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  listDueTombstones,
  listForgettable,
  removeEmptyConversations,
} from '../../shared/azure/forgotten.ts';
import { findKnown, findRecord, findRecords, recordMails, replaceRecord } from '../../shared/azure/ledger.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import { mailKeyOf } from '../../shared/domain/mail/key.ts';
import { conversationId, type LedgerRecord, type Tombstone } from '../../shared/domain/mail/ledger-record.ts';
import { ledgerRecord } from '../support/ledger-record.ts';
import { startDatabase } from './services-database.ts';

const {
  database: { ledger },
  [Symbol.asyncDispose]: close,
} = await startDatabase();
after(close);

const serviceId = 's1' as ServiceId;
const old = '2026-01-01T00:00:00.000Z';
const before = new Date('2026-06-01T00:00:00Z');
const young = '2026-07-01T00:00:00.000Z';
const keyOf = (name: string) => mailKeyOf(serviceId, 'imap/g/1', name);

async function write(name: string, changes: Partial<LedgerRecord>): Promise<MailKey> {
  const id = keyOf(name);
  const source = { generation: 'imap/g/1', id: name };
  const record = ledgerRecord({ id, serviceId, source, receivedAt: old, recordedAt: old, ...changes });
  assert.deepEqual(await recordMails(ledger, serviceId, [{ record }]), [undefined]);
  return id;
}
const order = (at: string) => ({
  decision: { id: at, action: 'approved' as const, who: { oid: '', name: '', role: '' }, at, reason: null },
});
const found = async (list: Promise<{ value: { id: string } }[]>) =>
  new Set((await list).map(({ value }) => value.id));

test('what is old and final may be forgotten, and nothing that waits or of which something is to come', async () => {
  const final = await Promise.all([
    write('published', {}),
    write('rejected', { state: 'rejected', ...order(old) }),
    write('reappeared', { state: 'reappeared' }),
  ]);
  for (const state of ['held', 'approving', 'stored', 'setAside'] as const) await write(state, { state });
  await write('young', { recordedAt: young });
  await write('decided late', order(young));
  await write('untold', { untoldSince: old });
  assert.deepEqual(await found(listForgettable(ledger, before)), new Set(final));
});

test('a tombstone is known to intake alone, and due when its blobs are, or when its server has the mail no more', async () => {
  const bury = async (name: string, changes: Partial<Tombstone>) => {
    const id = await write(name, { recordedAt: young });
    const record = (await findRecord(ledger, id)) ?? assert.fail();
    const tombstone: Tombstone = {
      id,
      serviceId,
      kind: 'tombstone',
      disposal: 'pending',
      receivedAt: old,
      staysListed: false,
      ...changes,
    };
    assert.notEqual(await replaceRecord(ledger, record, tombstone), undefined);
    assert.equal(
      await replaceRecord(ledger, record, { ...tombstone, staysListed: !tombstone.staysListed }),
      undefined,
    );
    return id;
  };
  const listed = await bury('listed', {});
  const unswept = await bury('unswept', { sweepAt: old });
  const gone = await bury('gone', { disposal: 'moved' });
  await bury('not yet', { disposal: 'moved', sweepAt: young });
  await bury('copy', { disposal: 'deleted', staysListed: true });
  assert.deepEqual(await found(listDueTombstones(ledger, before)), new Set([unswept, gone]));
  assert.equal(await findRecord(ledger, listed), undefined);
  assert.equal((await findRecords(ledger, serviceId, [listed])).size, 0);
  assert.equal((await findKnown(ledger, serviceId, [listed])).get(listed)?.value.kind, 'tombstone');
});

test('a conversation goes with its last mail', async () => {
  for (const key of ['empty', 'lives'])
    await ledger.items.create({
      id: conversationId(key),
      serviceId,
      kind: 'conversation',
      key,
      openedBy: 'x',
    });
  await write('of it', { conversationKey: 'lives', recordedAt: young });
  await removeEmptyConversations(ledger, serviceId, ['empty', 'lives', 'never was']);
  const left = await ledger.items
    .query({ query: "SELECT VALUE c.key FROM c WHERE c.kind = 'conversation'" }, { partitionKey: serviceId })
    .fetchAll();
  assert.deepEqual(left.resources, ['lives']);
});
