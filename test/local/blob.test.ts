// The local Blob Storage, through the genuine client: what it refuses, what it does when told to fail, what it keeps.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { BlobServiceClient } from '@azure/storage-blob';
import { startBlob } from '../../local/blob/azurite.ts';

const root = await mkdtemp(join(tmpdir(), 'malote-blob-'));
const blob = await startBlob({ port: 0, dir: root, inMemory: true, containers: ['mails'] });
afterEach(() => blob.faults.clear());
after(async () => {
  await blob.close();
  await rm(root, { recursive: true });
});

const mails = client(blob.connectionString);
/** A client that tells at once what the service did, instead of trying again. */
const impatient = client(blob.connectionString, 1);

test('a wrong key is refused', async () => {
  const other = blob.connectionString.replace(
    /AccountKey=[^;]+/,
    `AccountKey=${Buffer.from('other').toString('base64')}`,
  );
  await assert.rejects(client(other, 1).getBlockBlobClient('x').upload('x', 1), { statusCode: 403 });
});

test('a fault hits the operations it names and no others', async () => {
  blob.faults.add({ on: 'PUT mails/refused/', action: 'refuse' });
  const refused = impatient.getBlockBlobClient('refused/raw');
  await assert.rejects(refused.upload('x', 1), { statusCode: 503, code: 'ServerBusy' });
  assert.equal(await refused.exists(), false);
  await impatient.getBlockBlobClient('accepted/raw').upload('x', 1);
});

test('a throttled client is told when to come back, and is served when it does', async () => {
  const target = mails.getBlockBlobClient('throttled/raw');
  blob.faults.add({ on: 'PUT mails/throttled/', action: 'throttle', delayMs: 2_000, times: 2 });
  const answer = await fetch(target.url, { method: 'PUT', body: 'x' });
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '2']);
  await target.upload('x', 1);
  assert.deepEqual(blob.faults.list(), []);
});

test('a connection dropped before the request was done leaves no blob', async () => {
  blob.faults.add({ on: 'PUT mails/dropped/', action: 'drop' });
  const target = impatient.getBlockBlobClient('dropped/raw');
  await assert.rejects(target.upload('x', 1), { code: 'ECONNRESET' });
  assert.equal(await target.exists(), false);
});

test('a connection dropped after the request was done leaves a blob that nobody confirmed', async () => {
  blob.faults.add({ on: 'PUT mails/doubtful/', action: 'dropAfter' });
  const target = impatient.getBlockBlobClient('doubtful/raw');
  await assert.rejects(target.upload('x', 1), { code: 'ECONNRESET' });
  assert.equal(await target.exists(), true);
});

test('a delayed answer comes late', async () => {
  blob.faults.add({ on: 'PUT mails/late/', action: 'delay', delayMs: 150 });
  const before = performance.now();
  await mails.getBlockBlobClient('late/raw').upload('x', 1);
  assert.ok(performance.now() - before >= 149);
});

test('blobs are still there after a restart', async () => {
  const options = { port: 0, dir: join(root, 'kept'), containers: ['mails'] };
  const first = await startBlob(options);
  await client(first.connectionString).getBlockBlobClient('kept/raw').upload('still here', 10);
  await first.close();
  const second = await startBlob(options);
  const kept = await client(second.connectionString).getBlockBlobClient('kept/raw').downloadToBuffer();
  await second.close();
  assert.equal(kept.toString(), 'still here');
});

test('a port that is taken is said', async () => {
  const taken = startBlob({ port: blob.port, dir: root, inMemory: true, containers: [] });
  await assert.rejects(taken, { code: 'EADDRINUSE', port: blob.port });
});

function client(connectionString: string, maxTries = 4) {
  const service = BlobServiceClient.fromConnectionString(connectionString, {
    retryOptions: { maxTries, retryDelayInMs: 10 },
  });
  return service.getContainerClient('mails');
}
