// A mailbox's record, short and long, against the database and the blobs that it is kept in.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { startBlob } from '../../local/blob/azurite.ts';
import { findMailbox, findMailboxItem, writeMailbox } from '../../shared/azure/mailbox-store.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { newMailbox } from '../../shared/domain/mailbox/mailbox.ts';
import { MaloteError } from '../../shared/errors.ts';
import { startDatabase } from './services-database.ts';

const root = await mkdtemp(join(tmpdir(), 'malote-mailboxes-'));
const { database, [Symbol.asyncDispose]: closeDatabase } = await startDatabase();
const blob = await startBlob({ port: 0, dir: root, inMemory: true, containers: ['mails'] });
after(async () => {
  await blob.close();
  await closeDatabase();
  await rm(root, { recursive: true });
});
afterEach(() => blob.faults.clear());

const mails = BlobServiceClient.fromConnectionString(blob.connectionString, {
  retryOptions: { maxTries: 1 },
}).getContainerClient('mails');
const stores = { database, mails };
const isAway = (error: unknown) => error instanceof MaloteError && error.code === 'dependency_unavailable';
/** So many ids as POP3 and Graph have them. */
const ids = (count: number) =>
  Array.from({ length: count }, (_, n) => `id-${String(n).padStart(19, '0')}`).join(',');

let services = 0;
/** A mailbox that remembers so many mails, as it was written. */
async function stored(count: number) {
  const serviceId = `s${++services}` as ServiceId;
  const path = `${serviceId}/taken-in`;
  const takenIn = ids(count);
  const written = await writeMailbox(stores, { ...newMailbox(serviceId), takenIn }, undefined);
  const read = async () => (await findMailbox(stores, serviceId))?.value;
  const item = async () => (await findMailboxItem(database.mailboxes, serviceId))?.value;
  return { ...written, serviceId, path, read, item };
}

test('what is short is in the item, and needs no blob', async () => {
  blob.faults.add({ on: '', action: 'refuse' });
  const { value, read, item } = await stored(700);
  assert.equal(value.takenInBlob, null);
  assert.deepEqual(await read(), await item());
  assert.equal((await read())?.takenIn, ids(700));
});

test('what is long is in a blob; the item tells how many there are', async () => {
  const { value, read, item } = await stored(2_000);
  assert.deepEqual(await read(), value);
  assert.equal(value.takenIn, ids(2_000));
  const { takenIn, takenInBlob } = (await item()) ?? assert.fail();
  assert.deepEqual([takenIn, takenInBlob?.count], ['', 2_000]);
});

test('what became short again is back in the item', async () => {
  const { value, etag, read } = await stored(2_000);
  await writeMailbox(stores, { ...value, takenIn: ids(3) }, etag);
  const { takenIn, takenInBlob } = (await read()) ?? assert.fail();
  assert.deepEqual([takenIn, takenInBlob], [ids(3), null]);
});

test('a blob that is lost, or has become another, counts as empty', async () => {
  for (const spoil of ['delete', 'upload'] as const) {
    const { path, read } = await stored(2_000);
    const kept = mails.getBlockBlobClient(path);
    await (spoil === 'delete' ? kept.delete() : kept.upload('other', 5));
    const { takenIn, takenInBlob } = (await read()) ?? assert.fail();
    assert.deepEqual([takenIn, takenInBlob], ['', null]);
  }
});

test('the blob is written again when much has changed, or at the last; never when nothing has', async () => {
  let { value, etag, path, read } = await stored(2_000);
  blob.faults.add({ on: `PUT mails/${path}`, action: 'refuse' });
  const write = async (count: number, options = {}) => {
    ({ value, etag } = await writeMailbox(stores, { ...value, takenIn: ids(count) }, etag, options));
  };
  await write(2_000, { isLast: true });
  await write(2_900);
  assert.equal((await read())?.takenIn, ids(2_000));
  await assert.rejects(write(3_000), isAway);

  blob.faults.clear();
  await write(3_000);
  assert.equal((await read())?.takenIn, ids(3_000));
  await write(2_999, { isLast: true });
  assert.equal((await read())?.takenIn, ids(2_999));
});

test('a last write comes through although the blob cannot be written', async () => {
  const { value, etag, path, read } = await stored(2_000);
  blob.faults.add({ on: `PUT mails/${path}`, action: 'refuse' });
  await writeMailbox(stores, { ...value, takenIn: ids(9_000), waiting: 5 }, etag, { isLast: true });
  const { takenIn, waiting } = (await read()) ?? assert.fail();
  assert.deepEqual([takenIn, waiting], [ids(2_000), 5]);
});

test('a blob that cannot be read is no empty one', async () => {
  const { path, read } = await stored(2_000);
  blob.faults.add({ on: `GET mails/${path}`, action: 'refuse' });
  await assert.rejects(read(), isAway);
});

test('a record from an older version is read with what it lacks as in a new one', async () => {
  const serviceId = `s${++services}` as ServiceId;
  const { doubtful: _, takenInBlob: __, ...older } = newMailbox(serviceId);
  await database.mailboxes.items.create(older);
  assert.deepEqual((await findMailbox(stores, serviceId))?.value, newMailbox(serviceId));
});
