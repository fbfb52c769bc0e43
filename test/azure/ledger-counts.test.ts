// The numbers of mails beside the ledger: whatever was written, repeated, refused or left in doubt, they are what a count gives.
import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import type { Faults } from '../../local/faults.ts';
import { removeTombstone } from '../../shared/azure/forgotten.ts';
import { findKnown, noteDisposal, recordMails, replaceRecord } from '../../shared/azure/ledger.ts';
import { countRecords, readCounts } from '../../shared/azure/ledger-counts.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import { mailKeyOf } from '../../shared/domain/mail/key.ts';
import { type LedgerRecord, mailStates, type Tombstone } from '../../shared/domain/mail/ledger-record.ts';
import { ledgerRecord } from '../support/ledger-record.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { startDatabase } from './services-database.ts';

const { database, cosmos, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);
const { ledger } = database;
const faults: Faults = cosmos.faults;
const now = new Date('2026-11-22T10:00:00Z');
const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);

let serviceId: ServiceId;
let services = 0;
beforeEach(() => {
  services += 1;
  serviceId = `s${services}` as ServiceId;
  faults.clear();
});

function record(id: number, changes: Partial<LedgerRecord> = {}): LedgerRecord {
  const source = { generation: 'imap/g/1', id: `${id}` };
  const key = mailKeyOf(serviceId, source.generation, source.id);
  return ledgerRecord({ id: key, serviceId, source, receivedAt: now.toISOString(), ...changes });
}

const writesOf = (count: number) => Array.from({ length: count }, (_, id) => ({ record: record(id) }));
const item = async () => (await ledger.item('counts', serviceId).read()).resource;
const requestsOf = async (run: () => Promise<unknown>) => {
  cosmos.charges.take();
  await run();
  return Object.fromEntries([...cosmos.charges.take()].map(([name, { requests }]) => [name, requests]));
};

test('numbers are counted once, and read from then on', async () => {
  await recordMails(ledger, serviceId, writesOf(120));
  const read = () => readCounts(ledger, serviceId, now);
  assert.equal((await read()).published, 120);
  await recordMails(ledger, serviceId, [{ record: record(200, { state: 'held' }) }]);
  assert.deepEqual(await requestsOf(read), { 'read ledger': 1 });
  const { published, held } = await read();
  assert.deepEqual([published, held], [120, 1]);
});

test('a ledger from before, which has no numbers, is counted and then counted along', async () => {
  await ledger.items.create(record(1));
  await recordMails(ledger, serviceId, [{ record: record(2) }]);
  assert.equal((await item()).countedAt, undefined);
  assert.equal((await readCounts(ledger, serviceId, now)).published, 2);
  await recordMails(ledger, serviceId, [{ record: record(3) }]);
  assert.equal((await item()).mails.published, 3);
});

test('a mail that is recorded while the ledger is counted is not counted twice', async () => {
  await ledger.items.create(record(1));
  await recordMails(ledger, serviceId, [{ record: record(2) }]);
  const counting = Promise.withResolvers<void>();
  faults.add({ on: 'query ledger', action: 'delay', until: counting.promise });
  const read = readCounts(ledger, serviceId, now);
  await recordMails(ledger, serviceId, [{ record: record(3) }]);
  counting.resolve();
  await read;
  // What was counted may have the third mail or not: it is told, and not kept.
  assert.equal((await item()).countedAt, undefined);
  faults.clear();
  assert.equal((await readCounts(ledger, serviceId, now)).published, 3);
});

test('what an older release wrote without counting is found after a day', async () => {
  await recordMails(ledger, serviceId, writesOf(2));
  await readCounts(ledger, serviceId, now);
  await ledger.items.create(record(7));
  assert.equal((await readCounts(ledger, serviceId, later(23))).published, 2);
  assert.equal((await readCounts(ledger, serviceId, later(24))).published, 3);
});

test('a batch in which one mail is refused counts the others', async () => {
  await recordMails(ledger, serviceId, [{ record: record(7, { subject: 'another' }) }]);
  await readCounts(ledger, serviceId, now);
  const outcomes = await recordMails(ledger, serviceId, writesOf(99));
  assert.equal(outcomes.filter(Boolean).length, 1);
  assert.equal((await item()).mails.published, 99);
});

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`after a story with crashes the numbers are what a count gives (seed ${seed})`, async () => {
    const random = randomFrom(seed);
    // Some of its mails are from before there were numbers.
    for (let id = 0; id < 5; id++) await ledger.items.create(record(id, { state: random.pick(mailStates) }));
    await tell(random, 20);
    faults.clear();
    await readCounts(ledger, serviceId, now);
    await tell(random, 60);
    faults.clear();
    const { mails, countedAt } = await item();
    assert.equal(countedAt, now.toISOString());
    const counted = await countRecords(ledger, serviceId);
    assert.deepEqual({ ...Object.fromEntries(mailStates.map(state => [state, 0])), ...mails }, counted);
    assert.ok(Object.values(counted).some(count => count > 0));
  });
}

/** Writes of every kind, two at a time, of which some get no answer, a refusal or a cut. What fails is left as it is. */
async function tell(random: Random, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    faults.clear();
    if (random.next() < 0.4) {
      const action = random.pick(['drop', 'dropAfter', 'refuse', 'throttle'] as const);
      faults.add({ on: 'batch ledger', action, times: 1 + Math.floor(random.next() * 4) });
    }
    await Promise.allSettled([writeSome(random), writeSome(random)]);
  }
}

async function writeSome(random: Random): Promise<unknown> {
  const ids = Array.from({ length: 1 + Math.floor(random.next() * 4) }, () => Math.floor(random.next() * 40));
  const records = [...new Set(ids)].map(id => record(id, { state: random.pick(mailStates) }));
  const keys = records.map(({ id }) => id);
  const known = await findKnown(ledger, serviceId, keys);
  const [first] = records;
  const before = known.get(keys[0] as MailKey);
  const kind = random.pick(['record', 'record', 'replace', 'forget', 'remove', 'dispose']);
  if (kind === 'record') {
    return recordMails(
      ledger,
      serviceId,
      records.map(each => ({ record: each, over: random.next() < 0.8 ? known.get(each.id) : undefined })),
    );
  }
  if (kind === 'dispose') return noteDisposal(ledger, serviceId, keys, 'moved', now);
  if (!before || !first) return;
  if (kind === 'replace') return replaceRecord(ledger, before, first);
  if (kind === 'forget') return replaceRecord(ledger, before, tombstoneOf(first));
  if (before.value.kind === 'tombstone') return removeTombstone(ledger, before.value, before.etag);
}

function tombstoneOf({ id, disposal, receivedAt }: LedgerRecord): Tombstone {
  return { id, serviceId, kind: 'tombstone', disposal, receivedAt, staysListed: false };
}
