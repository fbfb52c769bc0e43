// Small blobs are created by one request, whoever asks and by whatever proof; all but a plain answer is left to the SDK.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, mock, test } from 'node:test';
import { BlobServiceClient, ContainerClient, ContainerSASPermissions } from '@azure/storage-blob';
import { startBlob } from '../../local/blob/azurite.ts';
import { openMailBlobs, readBlob, readBody, writeOnce } from '../../shared/azure/blobs.ts';
import { openPutBlob } from '../../shared/azure/put-blob.ts';
import { tellingRepeats } from '../../shared/azure/repeats.ts';
import { MaloteError } from '../../shared/errors.ts';
import { createLog } from '../../shared/log.ts';
import { localAuthority } from '../support/authority.ts';

const bytes = Buffer.from('From: a@contoso.example\r\n\r\nHello');
const patience = { tryMs: 30_000, answerMs: 30_000 };
const failsWith = (code: string) => (error: unknown) => error instanceof MaloteError && error.code === code;

describe('the stand-in, which looks at what proves who asks', async () => {
  const root = await mkdtemp(join(tmpdir(), 'malote-put-'));
  const blob = await startBlob({ port: 0, dir: root, inMemory: true, containers: ['mails'] });
  const { connectionString } = blob;
  const mails = await openMailBlobs({ connectionString });
  after(async () => {
    await blob.close();
    await rm(root, { recursive: true });
  });
  afterEach(() => blob.faults.clear());

  async function writing(run: () => Promise<unknown>): Promise<{ result: unknown; told: unknown[] }> {
    const told: unknown[] = [];
    const log = createLog((_, line) => told.push(JSON.parse(line)));
    return { result: await tellingRepeats(log, run), told };
  }

  test('a blob comes back to the byte, with its type and what was said about it', async () => {
    const path = `s/${randomUUID()}/odd 'name' ção?#%2F+&`;
    const said = { type: 'text/plain; charset="utf-8"', name: 'relatório (1).txt', sha256: 'digest' };
    assert.deepEqual(await writeOnce(mails, path, { bytes: new Uint8Array(bytes) }, said), {
      outcome: 'written',
    });
    const { body, type, name, sha256 } = await readBlob(mails, path);
    assert.deepEqual({ type, name, sha256 }, said);
    assert.deepEqual(await readBody(body), bytes);
  });

  test('a blob may be empty', async () => {
    const path = `s/${randomUUID()}`;
    await writeOnce(mails, path, { bytes: new Uint8Array() }, { type: 'text/plain' });
    assert.equal((await readBlob(mails, path)).sizeBytes, 0);
  });

  test('what exists stays, and says what its first writer said', async () => {
    const path = `s/${randomUUID()}`;
    await writeOnce(mails, path, { bytes }, { type: 'text/plain', sha256: 'first' });
    const second = await writeOnce(
      mails,
      path,
      { bytes: Buffer.from('x') },
      { type: 'text/plain', sha256: 'x' },
    );
    assert.ok(second.outcome === 'exists');
    assert.equal(second.sha256, 'first');
    assert.deepEqual(await readBody((await readBlob(mails, path)).body), bytes);
  });

  test('throttled once, it is written all the same, and the job says so', async () => {
    blob.faults.add({ on: 'PUT mails/', action: 'throttle', times: 1 });
    const write = () => writeOnce(mails, `s/${randomUUID()}`, { bytes }, { type: 'text/plain' });
    const { result, told } = await writing(write);
    assert.deepEqual(result, { outcome: 'written' });
    assert.deepEqual(told, [{ event: 'requests-throttled', requests: 1 }]);
  });

  test('throttled without end, the store is unavailable', async () => {
    blob.faults.add({ on: 'PUT mails/', action: 'throttle' });
    await assert.rejects(
      writeOnce(mails, `s/${randomUUID()}`, { bytes }, { type: 'text/plain' }),
      failsWith('dependency_unavailable'),
    );
  });

  test('cut without an answer, it is written once, and the job says so', async () => {
    for (const action of ['drop', 'dropAfter'] as const) {
      const path = `s/${randomUUID()}`;
      blob.faults.add({ on: 'PUT mails/', action, times: 1 });
      const { told } = await writing(() =>
        writeOnce(mails, path, { bytes }, { type: 'text/plain', sha256: 'digest' }),
      );
      assert.deepEqual(told, [{ event: 'requests-repeated', requests: 1 }]);
      assert.equal((await readBlob(mails, path)).sha256, 'digest');
    }
  });

  test('a connection string with a signature in the place of the key is as good', async () => {
    const url = await BlobServiceClient.fromConnectionString(connectionString)
      .getContainerClient('mails')
      .generateSasUrl({
        permissions: ContainerSASPermissions.parse('crw'),
        expiresOn: new Date(Date.now() + 60_000),
      });
    const [, endpoint] = /BlobEndpoint=([^;]+)/.exec(connectionString) ?? [];
    const signed = `BlobEndpoint=${endpoint};SharedAccessSignature=${new URL(url).search.slice(1)}`;
    const theirs = await openMailBlobs({ connectionString: signed });
    const write = () => writeOnce(theirs, 's/signed', { bytes }, { type: 'text/plain', sha256: 'digest' });
    assert.deepEqual(await write(), { outcome: 'written' });
    assert.equal((await write()).outcome, 'exists');
  });

  test('a wrong key is not the fault of the mail', async () => {
    const key = Buffer.from('another').toString('base64');
    const theirs = await openMailBlobs({
      connectionString: connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${key}`),
    });
    await assert.rejects(
      writeOnce(theirs, 's/stolen', { bytes }, { type: 'text/plain' }),
      failsWith('dependency_unavailable'),
    );
  });
});

type Asked = { url: URL; headers: IncomingMessage['headers'] };

/** A server that answers with `statuses` in turn, and with the last one from then on; what it was asked. */
async function startScripted(
  statuses: (number | [status: number, headers: Record<string, string>])[],
  tls?: { cert: string; key: string },
): Promise<{ origin: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    asked.push({ url: new URL(request.url ?? '', 'http://store'), headers: request.headers });
    request.resume();
    await once(request, 'end');
    const next = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 201;
    const [status, headers] = typeof next === 'number' ? [next, {}] : next;
    response.writeHead(status, headers).end();
  };
  const server = tls ? createSecureServer(tls, answer) : createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, asked };
}

describe('a store that answers as the test wants', () => {
  const connectionTo = (origin: string) =>
    `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=a2V5;BlobEndpoint=${origin}/account;`;

  test('a write is one request; the key signs once an hour', async () => {
    const { origin, asked } = await startScripted([201]);
    const mails = await openMailBlobs({ connectionString: connectionTo(origin) });
    const write = () => writeOnce(mails, 's/k/raw', { bytes }, { type: 'message/rfc822' });
    mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-11-27T10:00:00Z') });
    try {
      await write();
      mock.timers.tick(3_599_000);
      await write();
      mock.timers.tick(1_000);
      await write();
    } finally {
      mock.timers.reset();
    }
    const expiries = asked.map(({ url }) => url.searchParams.get('se'));
    assert.deepEqual(expiries, ['2026-11-27T12:00:00Z', '2026-11-27T12:00:00Z', '2026-11-27T13:00:00Z']);
    assert.equal(asked[0]?.url.pathname, '/account/mails/s/k/raw');
    assert.equal(asked[0]?.headers['if-none-match'], '*');
  });

  test('a refusal is for ever only when the SDK got it, too', async () => {
    const refusing = await startScripted([400]);
    const mails = await openMailBlobs({ connectionString: connectionTo(refusing.origin) });
    await assert.rejects(
      writeOnce(mails, 's/k/raw', { bytes }, { type: 'text/plain' }),
      failsWith('refused_by_store'),
    );
    assert.equal(refusing.asked.length, 2);
    const changing = await startScripted([400, 201]);
    const others = await openMailBlobs({ connectionString: connectionTo(changing.origin) });
    const { outcome } = await writeOnce(others, 's/k/raw', { bytes }, { type: 'text/plain' });
    assert.equal(outcome, 'written');
  });

  test('what HTTP does not let through is left to the SDK', async () => {
    const { origin, asked } = await startScripted([201]);
    const mails = await openMailBlobs({ connectionString: connectionTo(origin) });
    await writeOnce(mails, 's/k/raw', { bytes }, { type: 'text/plain\r\n' });
    assert.equal(asked[0]?.headers['x-ms-blob-content-type'], 'text/plain');
  });

  test('a store that is not there is unavailable', async () => {
    const mails = await openMailBlobs({ connectionString: connectionTo('http://127.0.0.1:1') });
    await assert.rejects(
      writeOnce(mails, 's/k/raw', { bytes }, { type: 'text/plain' }),
      failsWith('dependency_unavailable'),
    );
  });
});

describe('an identity in the place of a key', async () => {
  const { certPem: cert, keyPem: key } = await localAuthority();

  function identity(): {
    tokens: string[];
    getToken: () => Promise<{ token: string; expiresOnTimestamp: number }>;
  } {
    const tokens: string[] = [];
    return {
      tokens,
      getToken: async () => {
        const token = `token-${tokens.length + 1}`;
        tokens.push(token);
        return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
      },
    };
  }

  test('many writes take one token', async () => {
    const { origin, asked } = await startScripted([201, 409, 503], { cert, key });
    const credential = identity();
    const putBlob = openPutBlob(new ContainerClient(`${origin}/mails`, credential), patience);
    const statuses = [];
    for (const name of ['a', 'b', 'c']) statuses.push(await putBlob(`s/${name}`, bytes, 'text/plain', {}));
    assert.deepEqual(statuses, [201, 409, 503]);
    assert.deepEqual(new Set(asked.map(({ headers }) => headers.authorization)), new Set(['Bearer token-1']));
    assert.equal(asked[0]?.url.search, '?timeout=30');
    assert.equal(credential.tokens.length, 1);
  });

  test('a token that was revoked is asked for anew', async () => {
    const claims = Buffer.from('{"access_token":{}}').toString('base64');
    const challenge = `Bearer realm="", error="insufficient_claims", claims="${claims}"`;
    const revoked = [401, { 'www-authenticate': challenge }] as [number, Record<string, string>];
    const { origin, asked } = await startScripted([revoked, 201], { cert, key });
    const putBlob = openPutBlob(new ContainerClient(`${origin}/mails`, identity()), patience);
    assert.equal(await putBlob('s/a', bytes, 'text/plain', {}), 201);
    assert.deepEqual(
      asked.map(({ headers }) => headers.authorization),
      ['Bearer token-1', 'Bearer token-2'],
    );
  });

  test('without a token nothing is sent', async () => {
    const { origin, asked } = await startScripted([201], { cert, key });
    const none = { getToken: () => Promise.reject(new Error('no identity')) };
    const putBlob = openPutBlob(new ContainerClient(`${origin}/mails`, none), patience);
    await assert.rejects(putBlob('s/a', bytes, 'text/plain', {}), /no identity/);
    assert.equal(asked.length, 0);
  });
});
