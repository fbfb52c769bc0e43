// The ledger: states only advance, and each write of a batch is judged by itself.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { findRecord, findRecords, noteDisposal, recordMails } from '../../shared/azure/ledger.ts';
import { countRecords } from '../../shared/azure/ledger-counts.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import { mailKeyOf } from '../../shared/domain/mail/key.ts';
import type { ConversationRecord, LedgerRecord } from '../../shared/domain/mail/ledger-record.ts';
import { conversationId } from '../../shared/domain/mail/ledger-record.ts';
import { ledgerRecord } from '../support/ledger-record.ts';
import { startDatabase } from './services-database.ts';

const { database, cosmos, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);
const { ledger } = database;

let serviceId: ServiceId;
let services = 0;
beforeEach(() => {
  services += 1;
  serviceId = `s${services}` as ServiceId;
});

const now = new Date('2026-11-22T10:00:00Z');
const keyOf = (id: number) => mailKeyOf(serviceId, 'imap/g/1', `${id}`);
const codes = (outcomes: ({ code: string } | undefined)[]) => outcomes.map(outcome => outcome?.code);

function record(id: number, changes: Partial<LedgerRecord> = {}): LedgerRecord {
  return ledgerRecord({
    id: keyOf(id),
    serviceId,
    source: { generation: 'imap/g/1', id: `${id}` },
    receivedAt: now.toISOString(),
    ...changes,
  });
}

const conversation = (id: number): ConversationRecord => ({
  id: conversationId(`${id}`),
  serviceId,
  kind: 'conversation',
  key: `${id}`,
  openedBy: keyOf(id),
});

const find = async (key: MailKey) => (await findRecord(ledger, key)) ?? assert.fail();

test('a hundred mails that open conversations are recorded, more than one transaction takes', async () => {
  const writes = Array.from({ length: 100 }, (_, n) => ({
    record: record(n),
    conversation: conversation(n),
  }));
  assert.deepEqual(new Set(codes(await recordMails(ledger, serviceId, writes))), new Set([undefined]));
  const found = await findRecords(
    ledger,
    serviceId,
    writes.map(write => write.record.id),
  );
  assert.equal(found.size, 100);
  assert.equal((await countRecords(ledger, serviceId)).published, 100);
});

test('a mail recorded by another worker is a conflict of its own, and changes nothing', async () => {
  await recordMails(ledger, serviceId, [{ record: record(2, { subject: 'first' }) }]);
  const writes = [1, 2, 3].map(id => ({ record: record(id, { subject: 'second' }) }));
  assert.deepEqual(codes(await recordMails(ledger, serviceId, writes)), [undefined, 'conflict', undefined]);
  assert.equal((await find(keyOf(2))).value.subject, 'first');
  assert.equal((await find(keyOf(3))).value.subject, 'second');
});

for (const state of ['published', 'held', 'reappeared'] as const) {
  test(`a mail set aside becomes ${state} once, by the ETag that it was read with`, async () => {
    const aside = record(1, { state: 'setAside', reason: 'refused' });
    await recordMails(ledger, serviceId, [{ record: aside }]);
    const over = await find(keyOf(1));
    const write = { record: record(1, { state }), over };
    assert.deepEqual(codes(await recordMails(ledger, serviceId, [write])), [undefined]);
    const late = { record: aside, over };
    assert.deepEqual(codes(await recordMails(ledger, serviceId, [late])), ['precondition_failed']);
    const { value } = await find(keyOf(1));
    assert.deepEqual([value.state, value.reason], [state, undefined]);
  });
}

test('what became of a mail is noted once: the first note stays', async () => {
  await recordMails(ledger, serviceId, [{ record: record(1) }, { record: record(2) }]);
  assert.deepEqual(codes(await noteDisposal(ledger, serviceId, [keyOf(1)], 'moved', now)), [undefined]);
  const later = await noteDisposal(ledger, serviceId, [1, 2, 3].map(keyOf), 'gone', now);
  assert.deepEqual(codes(later), ['precondition_failed', undefined, 'not_found']);
  assert.equal((await find(keyOf(1))).value.disposal, 'moved');
  assert.equal((await find(keyOf(2))).value.disposal, 'gone');
});

test('a mail that came back takes the record of the older one along when it leaves', async () => {
  const again = record(2, { state: 'reappeared', sameAs: keyOf(1) });
  await recordMails(ledger, serviceId, [{ record: record(1) }, { record: again }]);
  assert.deepEqual(codes(await noteDisposal(ledger, serviceId, [keyOf(2)], 'moved', now)), [undefined]);
  assert.equal((await find(keyOf(1))).value.disposal, 'moved');
});

test('a database that does not answer leaves every write in doubt', async () => {
  cosmos.faults.add({ on: 'batch ledger', action: 'refuse' });
  const writes = [1, 2].map(id => ({ record: record(id) }));
  const outcomes = await recordMails(ledger, serviceId, writes);
  cosmos.faults.clear();
  assert.deepEqual(codes(outcomes), ['dependency_unavailable', 'dependency_unavailable']);
});
