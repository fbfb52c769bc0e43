// Mails are forgotten: what is old by the clock, and what is erased by order.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeClients, getClients } from '../../shared/clients.ts';
import { carryOnErasures } from '../../shared/flows/forget/erase.ts';
import { sweepTombstones } from '../../shared/flows/forget/forget.ts';
import { forgetOldMails } from '../../shared/flows/forget/retention.ts';
import { createLog } from '../../shared/log.ts';
import { useMailroom } from '../support/mailroom.ts';

const room = await useMailroom();
const { dovecot } = room;
after(closeClients);

const DAY_MS = 86_400_000;
const inDays = (days: number) => () => new Date(Date.now() + days * DAY_MS);
const mailOf = (subject: string) =>
  `From: ana@example.net\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.net>\r\n\r\nText of ${subject}\r\n`;

/** The clients of the app, in this process. */
async function clients() {
  Object.assign(process.env, room.environment);
  return getClients();
}

async function blobsOf(service: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of (await clients()).mails.listBlobsFlat({ prefix: `${service}/${service}.` }))
    names.push(name);
  return names;
}

async function keepFor(mails: number | null): Promise<void> {
  const { etag } = await room.call('GET', '/api/settings');
  const body = { retentionDays: { mails } };
  assert.equal((await room.call('PATCH', '/api/settings', { ifMatch: etag, body })).status, 200);
}

const keysOf = async (service: string): Promise<string[]> =>
  (await room.call('GET', `/api/mails?serviceId=${service}`)).json.items.map(
    (item: { id: string }) => item.id,
  );

describe('mail older than it is kept', { skip: dovecot.skip }, () => {
  test('is forgotten whole once the settings say so, but for what waits, and stays known as long as it is listed', async () => {
    const forgets: unknown[] = [];
    const log = createLog((_level, line) => void forgets.push(JSON.parse(line)));
    const forget = async (days: number) => forgetOldMails(await clients(), { clock: inDays(days), log });
    const left = await dovecot.newMailbox();
    await left.deliver('INBOX', mailOf('listed'));
    const afterRead = { action: 'move', folder: 'Missing' };
    const listed = await room.register(left, { mailbox: { afterRead } });
    const empty = await dovecot.newMailbox();
    await empty.deliver('INBOX', mailOf('gone'));
    const gone = await room.register(empty);
    const waiting = await dovecot.newMailbox();
    await waiting.deliver('INBOX', mailOf('waits'));
    const held = await room.register(waiting, { approvalRequired: true });
    for (const service of [listed, gone, held]) await room.fetch(service);
    await room.received(listed, 'mail.received', 1);
    const [key = ''] = await keysOf(gone);

    assert.equal(await forget(4000), 0);
    await keepFor(30);
    assert.equal(await forget(29), 0);
    assert.equal(await forget(31), 2);
    assert.equal(await forget(31), 0);
    assert.deepEqual(
      forgets.map(fact => (fact as { event: string; mails: number }).mails),
      [2],
    );
    assert.deepEqual([await keysOf(listed), await keysOf(gone)], [[], []]);
    assert.deepEqual([await blobsOf(listed), await blobsOf(gone)], [[], []]);
    assert.equal((await room.call('GET', `/api/mails/${key}`)).status, 404);
    assert.equal((await keysOf(held)).length, 1);
    assert.ok((await blobsOf(held)).length > 0);

    // Its worker had it in its hands: what came of that is swept.
    await (await clients()).mails.uploadBlockBlob(`${gone}/${key}/raw`, 'late', 4);
    await sweepTombstones(await clients(), { clock: inDays(32) });
    assert.deepEqual(await blobsOf(gone), []);
    const { resources } = await (await clients()).database.ledger.items
      .query("SELECT c.serviceId, c.kind FROM c WHERE c.kind != 'mail'")
      .fetchAll();
    assert.deepEqual(
      new Set(resources.map(({ serviceId, kind }) => `${serviceId} ${kind}`)),
      new Set([`${listed} tombstone`, ...[listed, gone, held].map(service => `${service} counts`)]),
    );

    await left.createFolder('Missing');
    await room.fetch(listed);
    assert.deepEqual(await left.list('INBOX'), []);
    assert.equal(room.events(listed).filter(({ type }) => type === 'mail.received').length, 1);
    await sweepTombstones(await clients(), { clock: inDays(33) });
    const rest = await (await clients()).database.ledger.items
      .query("SELECT c.kind FROM c WHERE c.kind != 'mail'")
      .fetchAll();
    assert.deepEqual(new Set(rest.resources.map(({ kind }) => kind)), new Set(['counts']));
    await keepFor(null);
  });
});

describe('a person who is to be forgotten', { skip: dovecot.skip }, () => {
  const post = (body: unknown, as: 'Admin' | 'Supervisor' | 'Platform' = 'Admin') =>
    room.call('POST', '/api/erasures', { as, body });
  const address = 'eva@example.net';
  const mails: [subject: string, header: string][] = [
    ['from her', 'From: Eva <EVA@example.net>'],
    ['to her', `From: rui@example.net\r\nTo: x@example.net, ${address}`],
    ['copied to her', `From: rui@example.net\r\nCc: Eva <${address}>`],
    ['answers go to her', `From: rui@example.net\r\nReply-To: ${address}`],
    ['from another', 'From: neva@example.net'],
    ['from another host', 'From: eva@example.net.br'],
  ];
  const rawOf = ([subject, header]: (typeof mails)[number]) =>
    `${header}\r\nSubject: ${subject}\r\nMessage-ID: <${subject.replaceAll(' ', '-')}@example.net>\r\n\r\nText\r\n`;

  test('is found by what is looked at, in all services and records of any age, and nothing of them is left', async () => {
    const [one, other] = [await dovecot.newMailbox(), await dovecot.newMailbox()];
    for (const mail of mails) await one.deliver('INBOX', rawOf(mail));
    await other.deliver('INBOX', rawOf(['held of hers', `From: ${address}`]));
    const open = await room.register(one);
    const held = await room.register(other, { approvalRequired: true });
    for (const service of [open, held]) await room.fetch(service);
    const subjectsOf = async (service: string) =>
      (await room.call('GET', `/api/mails?serviceId=${service}`)).json.items.map(
        (item: { subject: string }) => item.subject,
      );
    // As an older version wrote it.
    const { ledger } = (await clients()).database;
    const keys: string[] = [...(await keysOf(open)), ...(await keysOf(held))];
    for (const key of keys) {
      const { resource } = await ledger.item(key, key.split('.')[0]).read();
      const { addressHashes, addressKeyId, ...older } = resource;
      assert.ok(addressHashes.length > 0 && !JSON.stringify(addressHashes).includes('eva'));
      await ledger.item(key, resource.serviceId).replace(older);
    }
    await (await clients()).database.catalog
      .item('addresses-hashed', 'catalog')
      .delete()
      .catch(() => {});
    const context = { clock: () => new Date(), log: createLog(() => {}) };
    const dry = await post({ address, dryRun: true });
    assert.deepEqual([dry.status, dry.json.count, dry.json.complete], [200, 0, false]);

    const ordered = await post({ address: 'Eva@Example.net' });
    assert.deepEqual([ordered.status, ordered.json.state], [202, 'running']);
    await carryOnErasures(await clients(), context);
    const done = (await room.call('GET', `/api/erasures/${ordered.json.id}`)).json;
    assert.deepEqual([done.state, done.count, done.more], ['done', 5, false]);
    assert.ok(done.stays.length > 0 && done.finishedAt);
    assert.deepEqual((await subjectsOf(open)).toSorted(), ['from another', 'from another host']);
    assert.deepEqual(await subjectsOf(held), []);
    assert.deepEqual(await blobsOf(held), []);
    assert.ok((await blobsOf(open)).every(name => !done.mailKeys.some((key: string) => name.includes(key))));
    const list = await room.call('GET', `/api/mails/held?serviceId=${held}`, { as: 'Supervisor' });
    assert.deepEqual(list.json.items, []);
    const approved = await room.call('POST', `/api/mails/${done.mailKeys[0]}/approve`, { as: 'Supervisor' });
    assert.equal(approved.status, 404);
    const again = await post({ address, dryRun: true });
    assert.deepEqual([again.json.count, again.json.complete], [0, true]);
    const neva = await post({ address: 'neva@example.net', dryRun: true });
    assert.equal(neva.json.count, 1);
    const soon = await post({ address: 'rui@example.net' });
    assert.deepEqual([soon.json.state, soon.json.count], ['done', 0]);

    const { catalog, audit } = (await clients()).database;
    const kept = [await catalog.items.readAll().fetchAll(), await audit.items.readAll().fetchAll()];
    for (const { resources } of kept) assert.ok(!/eva@/i.test(JSON.stringify(resources)));
    assert.ok(!/eva@/i.test(JSON.stringify(room.worker().facts)));
    const orders = resourcesOf(kept[0]).filter(({ kind }) => kind === 'erasure');
    assert.ok(orders.length > 0 && !JSON.stringify(orders).includes('"address"'));
    assert.ok(resourcesOf(kept[1]).some(({ kind, target }) => kind === 'erasure' && target === done.id));
  });

  test('whose address cannot be read any more, for its key is gone, is to be ordered again', async () => {
    const { catalog } = (await clients()).database;
    const address = { keyId: 'gone', iv: '', data: '', tag: '' };
    const id = '00000000-0000-4000-8000-000000000000';
    const erasure = { id, state: 'running', requestedAt: new Date().toISOString(), address, mailKeys: [] };
    await catalog.items.create({ id: `erasure:${id}`, pk: 'catalog', kind: 'erasure', erasure });
    await carryOnErasures(await clients(), { clock: () => new Date(), log: createLog(() => {}) });
    assert.equal((await room.call('GET', `/api/erasures/${id}`)).json.state, 'failed');
  });

  test('is a correspondent: an address of ours is refused, and so is everybody but an administrator', async () => {
    const service = await room.register(await dovecot.newMailbox());
    const { json } = await room.call('GET', `/api/services/${service}`);
    const ours = await post({ address: json.mailbox.address.toUpperCase() });
    assert.deepEqual([ours.status, ours.json.errors[0].field], [422, 'address']);
    assert.equal((await post({ address: 'nobody' })).status, 422);
    for (const as of ['Supervisor', 'Platform'] as const)
      assert.equal((await post({ address }, as)).status, 403);
    assert.equal((await room.call('GET', '/api/erasures/unknown')).status, 404);
  });
});

function resourcesOf(answer: { resources: unknown[] } | undefined) {
  return (answer?.resources ?? []) as Record<string, unknown>[];
}
