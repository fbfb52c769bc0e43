// Over Microsoft Graph a batch is moved while the next is downloaded: there is no connection for which one waits for the other.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, test } from 'node:test';
import type { MailReceived } from '../../schemas/events.d.ts';
import { batchMail } from '../support/batch-mail.ts';
import { readRecord } from '../support/mailbox-record.ts';
import { useMailroom } from '../support/mailroom.ts';
import { countRaws, statesOf } from '../support/taken-in.ts';
import { until } from '../support/until.ts';

const room = await useMailroom({ environment: { SLICE_SECONDS: '300', LEASE_SECONDS: '4' } });
const { graph, entra, blob } = room.stack;
afterEach(() => {
  for (const { faults } of [graph, blob]) faults.clear();
});

type Filled = Awaited<ReturnType<typeof mailboxOf>>;

async function mailboxOf(subjects: string[]) {
  const address = `user-${randomUUID()}@contoso.example`;
  graph.addMailbox(address);
  graph.createFolder(address, 'Feito');
  for (const subject of subjects) await graph.deliver(address, 'inbox', batchMail(subject));
  await room.call('PUT', '/api/groups/support', { body: { name: 'Suporte' } });
  const service = await room.create({
    name: address,
    readFrom: '2020-01-01',
    groups: [{ groupId: 'support' }],
    mailbox: {
      protocol: 'graph',
      address,
      afterRead: { action: 'move', folder: 'Feito' },
      auth: { type: 'oauth', flow: 'clientCredentials', tenantId: entra.tenantId, ...entra.mailApps.secret },
    },
  });
  return { service, countIn: (folder: string) => graph.list(address, folder).length };
}

/** The first mail is downloaded as it is; the next waits. */
function holdSecondDownload() {
  const held = Promise.withResolvers<void>();
  graph.faults.add({ on: 'GET $value', action: 'delay', delayMs: 0, times: 1 });
  graph.faults.add({ on: 'GET $value', action: 'delay', until: held.promise });
  return { letGo: () => held.resolve() };
}

/** Fetches until there is nothing left to do, as the ticks would; then all are moved, and each was told of under one id. */
async function assertAllOnce({ service, countIn }: Filled, subjects: string[]): Promise<void> {
  await until('the mailbox to be worked off', async () => (await room.fetch(service)) === 'idle');
  const events = await room.received(service, 'mail.received', subjects.length);
  const told = new Map(events.map(({ id, data }) => [id, (data as MailReceived).headers.subject]));
  assert.deepEqual([...told.values()].toSorted(), subjects);
  assert.deepEqual([countIn('inbox'), countIn('Feito')], [0, subjects.length]);
  assert.deepEqual(await statesOf(room, service), Array(subjects.length).fill('published'));
  const { suspects, doubtful, setAside, disposalTrouble } = await readRecord(room, service);
  assert.deepEqual([suspects, doubtful, setAside, disposalTrouble], [[], [], [], null]);
}

test('a batch is moved while the next is downloaded', async () => {
  const all = await mailboxOf(['1', '2', '3']);
  const download = holdSecondDownload();
  const fetched = room.fetch(all.service);
  await until('the first to be moved', () => all.countIn('Feito') === 1);
  assert.equal(await countRaws(room, all.service), 1);
  download.letGo();
  assert.equal(await fetched, 'done');
  await assertAllOnce(all, ['1', '2', '3']);
});

test('a batch whose download fails ahead leaves alone what is moved meanwhile', async () => {
  const all = await mailboxOf(['1', '2']);
  const download = holdSecondDownload();
  const fetched = room.fetch(all.service);
  await until('the first to be moved', () => all.countIn('Feito') === 1);
  blob.faults.add({ on: 'PUT mails/', action: 'refuse' });
  download.letGo();
  assert.equal(await fetched, 'failed');
  assert.deepEqual(await statesOf(room, all.service), ['published']);
  blob.faults.clear();
  await assertAllOnce(all, ['1', '2']);
});

test('a worker that is killed while one batch is moved and the next is safe leaves both to whoever comes after', async () => {
  const all = await mailboxOf(['1', '2', '3']);
  const killed = Promise.withResolvers<void>();
  graph.faults.add({ on: 'POST move', action: 'delay', until: killed.promise });
  await room.begin(all.service);
  await until('the next batch to be safe', async () => (await countRaws(room, all.service)) === 2);
  await until('the first to be recorded', async () => (await statesOf(room, all.service)).length === 1);
  await room.worker().kill();
  await room.restart();
  graph.faults.clear();
  killed.resolve();
  await assertAllOnce(all, ['1', '2', '3']);
});

test('moves that fail while the next batch is downloaded come again, and so does that batch', async () => {
  const all = await mailboxOf(['1', '2', '3']);
  graph.faults.add({ on: 'POST move', action: 'drop', times: 8 });
  await room.fetch(all.service);
  await assertAllOnce(all, ['1', '2', '3']);
});
