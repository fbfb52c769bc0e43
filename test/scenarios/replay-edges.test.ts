// Replays at their edges: a raw that is gone, more replays than a mail remembers, and a crash that takes mails out of the job's state.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { rawPath } from '../../shared/azure/blobs.ts';
import { countState } from '../../shared/azure/ledger-counts.ts';
import { closeClients, getClients } from '../../shared/clients.ts';
import type { MailKey, ServiceId } from '../../shared/domain/ids.ts';
import type { LedgerRecord } from '../../shared/domain/mail/ledger-record.ts';
import { resumeReplays } from '../../shared/flows/replays/run.ts';
import { createLog } from '../../shared/log.ts';
import { useMailroom } from '../support/mailroom.ts';
import { keepUnread } from '../support/unread-mail.ts';
import { until } from '../support/until.ts';

const room = await useMailroom();
const { dovecot } = room;
afterEach(() => room.stack.serviceBus.faults.clear());
after(closeClients);

const get = (path: string, as: 'Admin' | 'Supervisor' = 'Supervisor') =>
  room.call('GET', `/api/${path}`, { as });
const post = (path: string, body: unknown = {}) =>
  room.call('POST', `/api/${path}`, { as: 'Supervisor', body });
const received = (service: string) => room.events(service).filter(({ type }) => type === 'mail.received');
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
const rawOf = (n: number) => `From: ana@example.net\r\nSubject: ${n}\r\n\r\nText ${n}\r\n`;

const clients = async () => {
  Object.assign(process.env, room.environment);
  return getClients();
};

async function recordOf(key: string) {
  const { ledger } = (await clients()).database;
  return (await ledger.item(key, key.split('.')[0]).read<LedgerRecord>()).resource ?? assert.fail();
}

/** A service that has taken in one mail; its key. */
async function takenIn(): Promise<{ service: string; key: MailKey }> {
  const mailbox = await dovecot.newMailbox();
  await mailbox.deliver('INBOX', rawOf(0));
  const service = await room.register(mailbox);
  await room.fetch(service);
  const [event] = await room.received(service, 'mail.received', 1);
  return { service, key: event?.id as MailKey };
}

describe('a mail', { skip: dovecot.skip }, () => {
  test('whose raw is gone is not replayed: the refusal says what to do, and nothing of it changes', async () => {
    const { service, key } = await takenIn();
    const before = await recordOf(key);
    await (await clients()).mails.getBlockBlobClient(rawPath(key)).delete();
    const { status, json } = await post(`mails/${key}/replay`);
    assert.deepEqual([status, json.code], [409, 'conflict']);
    assert.match(
      json.detail,
      /raw of the mail is not kept any more.* Restore it in Blob Storage; or, .* move it back/,
    );
    assert.deepEqual(await recordOf(key), before);
    const trail = await get(`audit?kind=mail&target=${key}`, 'Admin');
    assert.deepEqual(trail.json.items, []);

    const from = new Date(Date.parse(before.receivedAt) - 60_000).toISOString();
    const { json: begun } = await post('mails/replay', { serviceId: service, from });
    const job = await until('the job to end', async () => {
      const found = (await get(`replays/${begun.id}`)).json;
      return found.status === 'done' && found;
    });
    assert.deepEqual(job.counts, { replayed: 0, held: 0, refused: 0, failed: 1 });
    const told = await get(`mails/${key}`);
    assert.equal(told.json.state, 'published');
    assert.equal(told.json.life.at(-1).reason, 'Its raw is not kept.');
    assert.equal(received(service).length, 1);
  });

  test('goes on counting when it remembers no more replays, and the trail has all of them', async () => {
    const { service, key } = await takenIn();
    for (const number of numbers(2, 24)) {
      assert.equal((await post(`mails/${key}/replay`)).json.deliveries, number);
      await until(`number ${number} to be told`, async () => (await recordOf(key)).untold === undefined);
    }
    const ids = (await room.received(service, 'mail.received', 24)).map(({ id }) => id);
    assert.deepEqual(new Set(ids), new Set([key, ...numbers(2, 24).map(number => `${key}:${number}`)]));
    const { json } = await get(`mails/${key}`);
    const remembered = json.life.flatMap(({ number }: { number?: number }) => number ?? []);
    assert.deepEqual(remembered, numbers(5, 24));
    const trail = await get(`audit?kind=mail&target=${key}&limit=200`, 'Admin');
    const audited = trail.json.items.map(({ changes }: { changes: { to: unknown }[] }) => changes[0]?.to);
    assert.deepEqual(
      audited.toSorted((a: number, b: number) => a - b),
      numbers(2, 24),
    );
  });
});

test('a job of what was set aside counts also those that a crash left behind, done', {
  skip: dovecot.skip,
}, async () => {
  const service = await room.register(await dovecot.newMailbox());
  const keys: MailKey[] = [];
  for (const n of numbers(1, 50))
    keys.push(await keepUnread(await clients(), service, rawOf(n), new Date(Date.UTC(2026, 2, 2, 12, 0, n))));
  const { faults } = room.stack.serviceBus;
  const killed = Promise.withResolvers<void>();
  faults.add({ on: 'send mail-events', action: 'delay', until: killed.promise, times: 1 });
  const wish = {
    serviceId: service,
    from: '2026-03-01T00:00:00Z',
    to: '2026-03-03T00:00:00Z',
    state: 'setAside',
  };
  const { json: begun } = await post('mails/replay', wish);
  assert.equal(begun.total, 50);
  const published = async () =>
    countState((await clients()).database.ledger, service as ServiceId, 'published');
  await until('some to be done', async () => (await published()) > 0);
  await room.worker().kill();
  killed.resolve();
  await room.restart();
  assert.ok((await published()) < 50);
  const clock = () => new Date(Date.now() + 600_000);
  await resumeReplays(await clients(), { log: createLog(() => {}), clock });
  const job = await until('the job to end', async () => {
    const found = (await get(`replays/${begun.id}`)).json;
    return found.status === 'done' && found;
  });
  assert.deepEqual(job.counts, { replayed: 50, held: 0, refused: 0, failed: 0 });
  await room.received(service, 'mail.received', 50);
  assert.deepEqual(
    received(service)
      .map(({ id }) => id)
      .toSorted(),
    keys.toSorted(),
  );
});
