// A database that was restored to an earlier hour: what the ledger and the mailbox make of each other, and what is lost.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CosmosClient } from '@azure/cosmos';
import entities from '../../infra/entities.json' with { type: 'json' };
import type { MailReceived } from '../../schemas/events.d.ts';
import { useMailroom } from '../support/mailroom.ts';

const room = await useMailroom({ environment: { LEASE_SECONDS: '2' } });
const { dovecot } = room;
const { endpoint, key } = room.stack.cosmos;
const database = new CosmosClient({ endpoint, key }).database(entities.cosmos.database);
const plain = (subject: string) =>
  `From: a@example.net\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.net>\r\n\r\nText\r\n`;

type Item = { id: string; [member: string]: unknown };
type Copy = Map<string, Item[]>;

async function copyOf(): Promise<Copy> {
  const copied = entities.cosmos.containers.map(async ({ name }): Promise<[string, Item[]]> => {
    const { resources } = await database.container(name).items.readAll<Item>().fetchAll();
    return [name, resources];
  });
  return new Map(await Promise.all(copied));
}

/** As a restored account has it: what came since is not there, and what changed since is as it was. */
async function restore(copy: Copy): Promise<void> {
  const now = await copyOf();
  for (const { name, partitionKey } of entities.cosmos.containers) {
    const container = database.container(name);
    for (const item of now.get(name) ?? [])
      await container.item(item.id, String(item[partitionKey.slice(1)])).delete();
    for (const item of copy.get(name) ?? []) await container.items.create(item);
  }
}

const subjectsOf = (service: string) =>
  room
    .events(service)
    .filter(({ type }) => type === 'mail.received')
    .map(({ data }) => (data as MailReceived).headers.subject)
    .toSorted();
const listed = async (service: string) =>
  (await room.call('GET', `/api/mails?serviceId=${service}`)).json.items.length;
const idle = (service: string) => room.fetchUntil(service, 'idle');

describe('after the database was restored', { skip: dovecot.skip }, () => {
  test('what left the folder stays published and is no longer in the ledger; what is new comes once', async () => {
    const mailbox = await dovecot.newMailbox('Feito');
    const moved = { mailbox: { afterRead: { action: 'move', folder: 'Feito' } } };
    const service = await room.register(mailbox, moved);
    await mailbox.deliver('INBOX', plain('m0'));
    await idle(service);
    const earlier = await copyOf();
    for (const subject of ['m1', 'm2']) await mailbox.deliver('INBOX', plain(subject));
    await idle(service);
    await room.worker().stop();
    await restore(earlier);
    await mailbox.deliver('INBOX', plain('m3'));
    await room.restart();
    await idle(service);
    await room.received(service, 'mail.received', 4);
    assert.deepEqual(subjectsOf(service), ['m0', 'm1', 'm2', 'm3'], 'nothing lost, nothing doubled');
    assert.equal((await mailbox.list('Feito')).length, 4);
    assert.equal(await listed(service), 2, 'the ledger has m0 and m3');
  });

  test('what is still in the folder is recorded again, and its event repeats its id', async () => {
    const mailbox = await dovecot.newMailbox();
    const moved = { mailbox: { afterRead: { action: 'move', folder: 'Fehlt' } } };
    const service = await room.register(mailbox, moved);
    await mailbox.deliver('INBOX', plain('k0'));
    await room.fetch(service);
    const earlier = await copyOf();
    await mailbox.deliver('INBOX', plain('k1'));
    await room.fetch(service);
    await room.received(service, 'mail.received', 2);
    await room.worker().stop();
    await restore(earlier);
    await room.restart();
    await mailbox.createFolder('Fehlt');
    await room.fetch(service);
    await idle(service);
    assert.equal(await listed(service), 2);
    assert.equal((await mailbox.list('Fehlt')).length, 2);
    const ids = room
      .events(service)
      .filter(({ type }) => type === 'mail.received')
      .map(({ id }) => id);
    assert.equal(new Set(ids).size, 2, 'a consumer that drops repeats sees each once');
  });

  test('what somebody puts back into the folder comes again, as another mail', async () => {
    const mailbox = await dovecot.newMailbox('Feito');
    const service = await room.register(mailbox, {
      mailbox: { afterRead: { action: 'move', folder: 'Feito' } },
    });
    assert.equal(await room.fetch(service), 'idle');
    const earlier = await copyOf();
    const receivedAt = new Date();
    await mailbox.deliver('INBOX', plain('p1'), { receivedAt });
    await idle(service);
    await room.worker().stop();
    await restore(earlier);
    await room.restart();
    await mailbox.deliver('INBOX', plain('p1'), { receivedAt });
    await idle(service);
    await room.received(service, 'mail.received', 2);
    assert.deepEqual(subjectsOf(service), ['p1', 'p1']);
    assert.equal(await listed(service), 1, 'it is in the ledger now');
  });

  test('a decision is to be made again, and mail that was held since is held no more', async () => {
    const mailbox = await dovecot.newMailbox('Feito');
    const service = await room.register(mailbox, {
      approvalRequired: true,
      mailbox: { afterRead: { action: 'move', folder: 'Feito' } },
    });
    await mailbox.deliver('INBOX', plain('h0'));
    await idle(service);
    const held = async () =>
      (await room.call('GET', `/api/mails/held?serviceId=${service}`, { as: 'Supervisor' })).json.items;
    const [{ id: mailKey }, ...others] = await held();
    assert.deepEqual(others, []);
    const approve = () => room.call('POST', `/api/mails/${mailKey}/approve`, { as: 'Supervisor' });
    const earlier = await copyOf();
    await approve();
    await mailbox.deliver('INBOX', plain('h1'));
    await idle(service);
    await room.received(service, 'mail.received', 1);
    await room.worker().stop();
    await restore(earlier);
    await room.restart();
    await idle(service);
    assert.deepEqual(
      (await held()).map((mail: { id: string }) => mail.id),
      [mailKey],
      'h1 has left the folder',
    );
    assert.equal((await approve()).status, 200);
    assert.deepEqual(await held(), []);
    const ids = room.events(service).filter(({ type }) => type === 'mail.received');
    assert.equal(new Set(ids.map(({ id }) => id)).size, 1);
    assert.equal((await mailbox.list('Feito')).length, 2);
  });
});
