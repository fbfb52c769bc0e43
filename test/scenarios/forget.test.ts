// Mails are forgotten: what is old by the clock, and what is erased by order.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeClients, getClients } from '../../shared/clients.ts';
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
function clients() {
  Object.assign(process.env, room.environment);
  return getClients();
}

async function blobsOf(service: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of clients().mails.listBlobsFlat({ prefix: `${service}/${service}.` }))
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
    const forget = (days: number) => forgetOldMails(clients(), { clock: inDays(days), log });
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
    await clients().mails.uploadBlockBlob(`${gone}/${key}/raw`, 'late', 4);
    await sweepTombstones(clients(), { clock: inDays(32) });
    assert.deepEqual(await blobsOf(gone), []);
    const { resources } = await clients()
      .database.ledger.items.query("SELECT c.serviceId, c.kind FROM c WHERE c.kind != 'mail'")
      .fetchAll();
    assert.deepEqual(resources, [{ serviceId: listed, kind: 'tombstone' }]);

    await left.createFolder('Missing');
    await room.fetch(listed);
    assert.deepEqual(await left.list('INBOX'), []);
    assert.equal(room.events(listed).filter(({ type }) => type === 'mail.received').length, 1);
    await sweepTombstones(clients(), { clock: inDays(33) });
    const rest = await clients()
      .database.ledger.items.query("SELECT c.kind FROM c WHERE c.kind != 'mail'")
      .fetchAll();
    assert.deepEqual(rest.resources, []);
    await keepFor(null);
  });
});
