// Mail that is published anew: the same number whatever dies in between, and nothing that a supervisor has not let in.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import type { Faults } from '../../local/faults.ts';
import type { MailReceived } from '../../schemas/events.d.ts';
import { closeClients, getClients } from '../../shared/clients.ts';
import type { LedgerRecord } from '../../shared/domain/mail/ledger-record.ts';
import { resumeReplays } from '../../shared/flows/replays/run.ts';
import { createLog } from '../../shared/log.ts';
import { useMailroom } from '../support/mailroom.ts';
import { until } from '../support/until.ts';

const room = await useMailroom();
const { dovecot } = room;
afterEach(() => {
  room.stack.serviceBus.faults.clear();
  room.stack.cosmos.faults.clear();
});
after(closeClients);

const get = (path: string, as: 'Admin' | 'Supervisor' = 'Supervisor') =>
  room.call('GET', `/api/${path}`, { as });
const post = (path: string, body: unknown = {}, as: 'Admin' | 'Supervisor' | 'Platform' = 'Supervisor') =>
  room.call('POST', `/api/${path}`, { as, body });
const idsOf = (service: string) => [
  ...new Set(
    room
      .events(service)
      .filter(({ type }) => type === 'mail.received')
      .map(({ id }) => id),
  ),
];

/** A service that has taken in so many mails; their keys, the oldest first. */
async function takenIn(count: number): Promise<{ service: string; keys: string[] }> {
  const mailbox = await dovecot.newMailbox();
  for (let n = 0; n < count; n += 1) {
    const raw = `From: ana@example.net\r\nSubject: ${n}\r\nMessage-ID: <${n}@${mailbox.user}>\r\n\r\nText ${n}\r\n`;
    await mailbox.deliver('INBOX', raw, { receivedAt: new Date(Date.UTC(2026, 2, 2, 12, 0, n)) });
  }
  const service = await room.register(mailbox);
  await room.fetch(service);
  await room.received(service, 'mail.received', count);
  const { json } = await get(`mails?serviceId=${service}&limit=200`);
  return { service, keys: json.items.map(({ id }: { id: string }) => id).toReversed() };
}

const ledger = async () => {
  Object.assign(process.env, room.environment);
  return (await getClients()).database.ledger;
};

/** As intake leaves a mail that it could not read, with its raw in Blob. */
async function setAside(key: string): Promise<void> {
  const [service] = key.split('.');
  const { resource } = await (await ledger()).item(key, service).read<LedgerRecord>();
  const unread = { rawSha256: null, messageIdSha256: null, conversationKey: null, subject: '', terms: [] };
  await (await ledger()).items.upsert({
    ...resource,
    ...unread,
    state: 'setAside',
    reason: 'Ended three workers.',
  });
  await (await ledger()).item(`conversation:${resource?.conversationKey}`, service).delete();
}

let minutesLater = 0;

/** What the timer does ten minutes later, each time. */
async function resume(): Promise<void> {
  Object.assign(process.env, room.environment);
  minutesLater += 10;
  const clock = () => new Date(Date.now() + minutesLater * 60_000);
  await resumeReplays(await getClients(), { log: createLog(() => {}), clock });
}

async function ended(id: string) {
  return until(`the replay ${id} to end`, async () => {
    const { json } = await get(`replays/${id}`);
    return json.status !== 'running' && json;
  });
}

/** Keeps the next step of this name waiting, so that the worker can die there: asked for before the work that has it begins. */
function holdAt(faults: Faults, on: string) {
  const killed = Promise.withResolvers<void>();
  faults.add({ on, action: 'delay', until: killed.promise, times: 1 });
  return {
    async dieThere() {
      await until(`the step "${on}" to be reached`, () => faults.list().length === 0);
      await room.worker().kill();
      killed.resolve();
    },
  };
}

const period = { from: '2026-03-01T00:00:00Z', to: '2026-03-03T00:00:00Z' };

describe('a mail that is replayed', { skip: dovecot.skip }, () => {
  test('is published once more from its raw, each time under the next number, and its life tells it', async () => {
    const { service, keys } = await takenIn(1);
    const [key = ''] = keys;
    assert.equal((await post(`mails/${key}/replay`, { reason: 'Perdido.' })).status, 200);
    const events = await room.received(service, 'mail.received', 2);
    const again = events.find(({ id }) => id === `${key}:2`)?.data as MailReceived;
    assert.deepEqual(
      [again.mailKey, again.delivery, again.text.trim(), again.conversation.first],
      [key, { number: 2, reason: 'replayed' }, 'Text 0', true],
    );
    await until('it to be told', async () => {
      const { resource } = await (await ledger()).item(key, service).read<LedgerRecord>();
      return resource?.untold === undefined;
    });
    await post(`mails/${key}/replay`);
    await room.received(service, 'mail.received', 3);
    const { json } = await get(`mails/${key}`);
    const replays = json.life.filter(({ what }: { what: string }) => what === 'replayed');
    assert.deepEqual(
      replays.map(({ number, reason }: { number: number; reason?: string }) => [number, reason]),
      [
        [2, 'Perdido.'],
        [3, undefined],
      ],
    );
    assert.deepEqual(idsOf(service).toSorted(), [key, `${key}:2`, `${key}:3`]);
    for (const as of ['Admin', 'Platform'] as const)
      assert.equal((await post(`mails/${key}/replay`, {}, as)).status, 403);
    assert.equal((await post(`mails/${service}.${'0'.repeat(64)}/replay`)).status, 404);
  });

  test('that never was published enters as the first delivery, or waits where there is a filter', async () => {
    const { service, keys } = await takenIn(2);
    const [first = '', second = ''] = keys;
    for (const key of keys) await setAside(key);
    assert.equal((await post(`mails/${first}/replay`)).status, 200);
    const published = await until('the first to be published', async () => {
      const { json } = await get(`mails/${first}`);
      return json.state === 'published' && json;
    });
    assert.deepEqual(
      [published.subject, published.reason, published.from],
      ['0', undefined, 'ana@example.net'],
    );
    const { etag } = await room.call('GET', `/api/services/${service}`);
    await room.call('PATCH', `/api/services/${service}`, { ifMatch: etag, body: { approvalRequired: true } });
    await post(`mails/${second}/replay`);
    await until('the second to be held', async () => (await get(`mails/${second}`)).json.state === 'held');
    await room.received(service, 'mail.held', 1);
    const { json } = await get(`mails/held?serviceId=${service}`);
    assert.deepEqual(
      json.items.map(({ id, snippet }: { id: string; snippet: string }) => [id, snippet]),
      [[second, 'Text 1']],
    );
    assert.equal((await post(`mails/${second}/replay`)).status, 409);
    const dry = await post('mails/replay', { serviceId: service, ...period, dryRun: true });
    assert.deepEqual([dry.json.count, dry.json.refused, dry.json.states], [1, 1, { held: 1, published: 1 }]);
    const { json: begun } = await post('mails/replay', { serviceId: service, ...period });
    const { counts } = await ended(begun.id);
    assert.deepEqual(counts, { replayed: 1, held: 0, refused: 1, failed: 0 });
    assert.ok(!idsOf(service).includes(`${second}:2`));
  });
});

describe('a replay of many', { skip: dovecot.skip }, () => {
  test('goes on where workers died, and every mail gets its number once', async () => {
    const { service, keys } = await takenIn(60);
    const dry = await post('mails/replay', { serviceId: service, ...period, dryRun: true });
    assert.deepEqual([dry.json.count, dry.json.refused], [60, 0]);
    // In the middle of a page, and between a page and the note of it.
    const middle = holdAt(room.stack.serviceBus.faults, 'send mail-events');
    const { status, json } = await post('mails/replay', { serviceId: service, ...period });
    assert.deepEqual([status, json.status, json.total], [202, 'running', 60]);
    await middle.dieThere();
    const between = holdAt(room.stack.cosmos.faults, 'batch catalog');
    await room.restart();
    await resume();
    await between.dieThere();
    await room.restart();
    await resume();
    const done = await ended(json.id);
    assert.deepEqual([done.status, done.counts], ['done', { replayed: 60, held: 0, refused: 0, failed: 0 }]);
    await room.received(service, 'mail.received', 120);
    assert.deepEqual(idsOf(service).toSorted(), [...keys, ...keys.map(key => `${key}:2`)].toSorted());
    const trail = await get(`audit?target=${service}&kind=mails`, 'Admin');
    assert.equal(trail.json.items.length, 1);
  });

  test('is stopped, looked at and refused in words', async () => {
    const { service, keys } = await takenIn(3);
    const { faults } = room.stack.serviceBus;
    faults.add({ on: 'send replay-mails', action: 'refuse' });
    const { json } = await post('mails/replay', { serviceId: service, ...period, state: 'published' });
    assert.equal(json.status, 'running');
    const stopped = await post(`replays/${json.id}/stop`);
    assert.deepEqual([stopped.status, stopped.json.status], [200, 'stopped']);
    faults.clear();
    await resume();
    assert.deepEqual((await get(`replays/${json.id}`)).json.counts, {
      replayed: 0,
      held: 0,
      refused: 0,
      failed: 0,
    });
    assert.equal((await post(`replays/${json.id}/stop`)).json.status, 'stopped');
    assert.deepEqual(idsOf(service).toSorted(), keys.toSorted());

    assert.equal((await get('replays/none')).status, 404);
    for (const [body, field] of [
      [{ serviceId: 'nobody', ...period }, 'serviceId'],
      [{ serviceId: service, from: period.to, to: period.from }, 'to'],
      [{ serviceId: service }, 'from'],
      [{ serviceId: service, ...period, all: true }, 'all'],
    ] as const) {
      const refused = await post('mails/replay', body);
      assert.deepEqual([refused.status, refused.json.errors[0].field], [422, field]);
    }
    assert.equal((await post('mails/replay', { serviceId: service, ...period }, 'Platform')).status, 403);
  });
});
