// A store whose connections fall silent - a firewall that forgot them, a machine that is gone - does not hold a fetch for ever.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openMailBlobs, readBlob, readBody, writeOnce } from '../../shared/azure/blobs.ts';
import { MaloteError } from '../../shared/errors.ts';

const bytes = Buffer.from('From: a@contoso.example\r\n\r\nHello');
const type = 'message/rfc822';
const patience = { tryMs: 1_000, answerMs: 150 };
const isUnavailable = (error: unknown) =>
  error instanceof MaloteError && error.code === 'dependency_unavailable';

/** The blobs of a store that answers so. */
async function blobsOf(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const connectionString = `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=a2V5;BlobEndpoint=${origin}/account;`;
  return openMailBlobs({ connectionString }, patience);
}

test('a write over a connection that falls silent is asked for again over another', async () => {
  let asked = 0;
  const mails = await blobsOf((request, response) => {
    request.resume();
    asked += 1;
    if (asked === 3) response.writeHead(201).end();
  });
  const { outcome } = await writeOnce(mails, 's/k/raw', { bytes }, { type });
  assert.deepEqual([outcome, asked], ['written', 3]);
});

test('a store that is silent for good is unavailable, for small and large mails and for who reads', async () => {
  const mails = await blobsOf(request => void request.resume());
  for (const content of [{ bytes }, { path: fileURLToPath(import.meta.url) }]) {
    await assert.rejects(writeOnce(mails, 's/k/raw', content, { type }), isUnavailable);
  }
  await assert.rejects(readBlob(mails, 's/k/raw'), isUnavailable);
});

test('an answer that has begun takes the time that it takes', async () => {
  const mails = await blobsOf(async (_, response) => {
    response.writeHead(200, { 'content-length': 3, etag: '"1"' }).flushHeaders();
    for (const byte of 'abc') {
      await sleep(patience.answerMs);
      response.write(byte);
    }
    response.end();
  });
  const { body } = await readBlob(mails, 's/k/raw');
  assert.equal((await readBody(body)).toString(), 'abc');
});
