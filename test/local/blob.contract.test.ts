// What the product relies on, asked of the stand-in and - where one is named - of a real account:
//   MALOTE_CONTRACT_BLOB_CONNECTION_STRING=DefaultEndpointsProtocol=https;... node --test ...
// It works in a container of its own, which it removes again.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { startBlob } from '../../local/blob/azurite.ts';

const realAccount = process.env.MALOTE_CONTRACT_BLOB_CONNECTION_STRING;

describe('contract with the stand-in', () => {
  contract(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'malote-blob-'));
    const { connectionString, close } = await startBlob({ port: 0, dir, inMemory: true, containers: [] });
    const end = async () => {
      await close();
      await rm(dir, { recursive: true });
    };
    return { connectionString, end };
  });
});

if (realAccount) {
  describe('contract with a real account', () => {
    contract(async () => ({ connectionString: realAccount, end: async () => {} }));
  });
} else {
  const why = 'set MALOTE_CONTRACT_BLOB_CONNECTION_STRING to ask a real account';
  test('contract with a real account', { skip: why }, () => {});
}

function contract(open: () => Promise<{ connectionString: string; end: () => Promise<void> }>): void {
  let mails: ContainerClient;
  let close: () => Promise<void>;

  before(async () => {
    const { connectionString, end } = await open();
    const service = BlobServiceClient.fromConnectionString(connectionString);
    mails = service.getContainerClient(`contract-${randomUUID()}`);
    await mails.create();
    close = async () => {
      await mails.delete();
      await end();
    };
  });
  after(() => close());

  const onlyIfAbsent = { conditions: { ifNoneMatch: '*' } };
  const refusedAsSecond = { statusCode: 409, code: 'BlobAlreadyExists' };

  test('a blob comes back to the byte, with its type and what was said about it', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
    const blob = mails.getBlockBlobClient('bytes/raw');
    const blobHTTPHeaders = { blobContentType: 'message/rfc822' };
    await blob.upload(bytes, bytes.length, {
      blobHTTPHeaders,
      metadata: { sha256: 'ab', name: '%C3%A1.pdf' },
    });
    const { contentType, contentLength, metadata, createdOn } = await blob.getProperties();
    assert.equal(contentType, 'message/rfc822');
    assert.equal(contentLength, bytes.length);
    assert.deepEqual(metadata, { sha256: 'ab', name: '%C3%A1.pdf' });
    assert.ok(createdOn instanceof Date);
    assert.ok((await blob.downloadToBuffer()).equals(bytes));
  });

  test('of many that write a blob at once as its first, one does', async () => {
    const blob = mails.getBlockBlobClient('once/raw');
    const texts = ['one', 'two', 'six', 'ten'];
    const outcomes = await Promise.allSettled(texts.map(text => blob.upload(text, 3, onlyIfAbsent)));
    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await blob.downloadToBuffer()).toString(), texts[winner]);
    await assert.rejects(blob.upload('new', 3, onlyIfAbsent), refusedAsSecond);
  });

  test('a blob put together from blocks is whole or absent, and comes first or not at all', async () => {
    const bytes = Buffer.alloc(5_000_000, 'large ');
    const blob = mails.getBlockBlobClient('large/raw');
    const inBlocks = { ...onlyIfAbsent, maxSingleShotSize: 1_000_000, blockSize: 1_000_000 };
    const begun = mails.getBlockBlobClient('begun/raw');
    await begun.stageBlock(Buffer.from('0').toString('base64'), 'a part of it', 12);
    assert.equal(await begun.exists(), false);
    await blob.uploadData(bytes, inBlocks);
    assert.ok((await blob.downloadToBuffer()).equals(bytes));
    await assert.rejects(blob.uploadData(Buffer.alloc(5_000_000), inBlocks), refusedAsSecond);
  });

  test('blobs are listed by the beginning of their names, whatever characters those have', async () => {
    for (const name of ['a/1-x', 'a/0-relatório 100%.pdf', 'b/0-x']) {
      await mails.getBlockBlobClient(name).upload('x', 1);
    }
    const names: string[] = [];
    for await (const { name } of mails.listBlobsFlat({ prefix: 'a/' })) names.push(name);
    assert.deepEqual(names, ['a/0-relatório 100%.pdf', 'a/1-x']);
  });

  test('a blob that is not there is not found', async () => {
    await assert.rejects(mails.getBlockBlobClient('absent').download(), { statusCode: 404 });
  });
}
