// The MIME of a message from the Graph stand-in: exact, in chunks, at the reader's pace, and cut off when told to be.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { until } from '../support/until.ts';
import { useGraph } from './graph-support.ts';

const graph = await useGraph();
const ana = 'ana@contoso.example';
graph.addMailbox(ana);
const dir = await mkdtemp(join(tmpdir(), 'malote-graph-'));
after(() => rm(dir, { recursive: true }));

async function openMime(id: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${graph.origin}/v1.0/users/${ana}/messages/${id}/$value`, {
    headers: { authorization: `Bearer ${await graph.appToken()}` },
    ...(signal ? { signal } : {}),
  });
}
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Every byte there is, line ends of all kinds, and more than one chunk. */
const awkward = Buffer.concat([
  Buffer.from(Array(256).keys().toArray()),
  Buffer.from('\r\n\n\r.\r\n'),
  randomBytes(200_000),
]);

test('the bytes come back exactly as they were delivered, without a length', async () => {
  const id = await graph.deliver(ana, 'inbox', awkward);
  const response = await openMime(id);
  assert.equal(response.headers.get('content-type'), 'text/plain');
  assert.equal(response.headers.get('content-length'), null);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), awkward);
});

test('a mail without a byte has an empty MIME', async () => {
  const response = await openMime(await graph.deliver(ana, 'inbox', ''));
  assert.deepEqual([response.status, await response.text()], [200, '']);
});

test('a mail may be a file, which is read when it is asked for', async () => {
  const path = join(dir, 'mail.eml');
  await writeFile(path, awkward);
  const id = await graph.deliver(ana, 'drafts', { path });
  assert.deepEqual(Buffer.from(await (await openMime(id)).arrayBuffer()), awkward);
  const [listed] = graph.list(ana, 'drafts');
  assert.deepEqual([listed?.sizeBytes, listed?.raw], [awkward.length, undefined]);
});

test('a large mail waits for its reader, and is over for the service when the reader goes away', async () => {
  const large = Buffer.alloc(40_000_000, 'x');
  const id = await graph.deliver(ana, 'inbox', large);
  const before = process.memoryUsage().arrayBuffers;
  const abort = new AbortController();
  const stalled = await Promise.all(Array.from({ length: 4 }, () => openMime(id, abort.signal)));
  const readers = stalled.map(({ body }) => body!.getReader());
  for (const reader of readers) await reader.read();
  const buffered = process.memoryUsage().arrayBuffers - before;
  assert.ok(buffered < 40_000_000, `${buffered} bytes are buffered of 160 MB that nobody reads`);
  assert.equal((await openMime(id)).status, 429, 'four answers that are not read to their end are in flight');

  abort.abort();
  await Promise.allSettled(readers.map(reader => reader.closed));
  const response = await until('a place among the four', async () => {
    const answer = await openMime(id);
    if (answer.ok) return answer;
    await answer.text();
  });
  assert.equal(sha256(Buffer.from(await response.arrayBuffer())), sha256(large));
});

test('a MIME is cut off in its middle when told so', async () => {
  const id = await graph.deliver(ana, 'inbox', awkward);
  graph.faults.add({ on: 'GET $value', action: 'dropAfter', times: 1 });
  const response = await openMime(id);
  assert.equal(response.status, 200);
  let sizeBytes = 0;
  await assert.rejects(async () => {
    for await (const chunk of response.body!) sizeBytes += chunk.length;
  });
  assert.ok(sizeBytes > 0 && sizeBytes < awkward.length, `${sizeBytes} bytes`);
  assert.equal((await (await openMime(id)).arrayBuffer()).byteLength, awkward.length);
});
