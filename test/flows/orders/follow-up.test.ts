// What was left of very many orders follows in one run of the timer, and what cannot is tried once.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { MailKey, ServiceId } from '../../../shared/domain/ids.ts';
import { mailKeyOf } from '../../../shared/domain/mail/key.ts';
import type { MailOrder } from '../../../shared/domain/mail/ledger-record.ts';
import { withUntold } from '../../../shared/domain/mail/order.ts';
import { followUpLeft } from '../../../shared/flows/orders/follow-up.ts';
import { createLog } from '../../../shared/log.ts';
import { ledgerRecord } from '../../support/ledger-record.ts';
import { useLeftWork } from '../../support/left-work.ts';

const { clients, published, close } = await useLeftWork();
after(close);
const { ledger } = clients.database;

const serviceId = 'sac' as ServiceId;
const at = '2026-03-02T18:00:00.000Z';
let made = 0;

/** Mails that were discarded, and nobody was told. */
async function discard(count: number, orderId: (n: number) => string): Promise<MailKey[]> {
  const keys: MailKey[] = [];
  for (const end = made + count; made < end; made += 1) {
    const source = { generation: 'imap/left/1', id: `${made}` };
    const id = mailKeyOf(serviceId, source.generation, source.id);
    const order: MailOrder = {
      id: orderId(made),
      action: 'discarded',
      who: { oid: 'o', name: 'Eva', role: 'Platform' },
      at,
      reason: 'spam',
    };
    await ledger.items.create(withUntold(ledgerRecord({ id, serviceId, source, receivedAt: at }), order));
    keys.push(id);
  }
  return keys;
}

async function left(): Promise<MailKey[]> {
  const query = 'SELECT VALUE c.id FROM c WHERE c.untoldSince < "2027"';
  return (await ledger.items.query<MailKey>(query).fetchAll()).resources.toSorted();
}

test('hundreds of orders are followed up in one run, whatever is among them that cannot be', async () => {
  // The database takes no entry into the trail whose id has a slash.
  const stuck = await discard(105, n => `order/${n}`);
  const others = await discard(120, n => `order-${n}`);
  const tried: MailKey[] = [];
  const log = createLog((_level, line) => {
    const fact = JSON.parse(line);
    if (fact.event === 'order-unfinished') tried.push(fact.mailKey);
  });
  await followUpLeft(clients, { clock: () => new Date(), log });
  assert.deepEqual(await left(), stuck.toSorted());
  assert.deepEqual(tried.toSorted(), stuck.toSorted());
  const ids = await published(stuck.length + others.length);
  const expected = [...stuck, ...others].map(key => `${key}:discarded:${at}`);
  assert.deepEqual(ids.toSorted(), expected.toSorted());
});

test('a run ends after a minute, and the next one goes on', async () => {
  const before = (await left()).length;
  await discard(20, n => `later-${n}`);
  // Each look at the clock is a second after the one before.
  let now = Date.now();
  const clock = () => {
    now += 1000;
    return new Date(now);
  };
  const tried: string[] = [];
  const log = createLog((_level, line) => void tried.push(line));
  await followUpLeft(clients, { clock, log });
  assert.ok(tried.length < before, `${tried.length} of ${before} were tried`);
  await followUpLeft(clients, { clock: () => new Date(), log: createLog(() => {}) });
  assert.equal((await left()).length, before);
});
