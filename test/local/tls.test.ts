// The local authority: what Node and OpenSSL make of its certificates, and how long they are kept.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkServerIdentity, connect } from 'node:tls';
import { createAuthority } from '../../local/tls.ts';

const root = await mkdtemp(join(tmpdir(), 'malote-tls-'));
after(() => rm(root, { recursive: true }));

const yearMs = 365 * 86_400_000;

for (const name of ['localhost', '127.0.0.1']) {
  test(`a client that trusts the authority reaches a server called ${name}`, async () => {
    const { caPem, certPem, keyPem } = await createAuthority(join(root, 'shared'));
    await using server = await listen(certPem, keyPem);
    const socket = connect({
      port: server.port,
      host: '127.0.0.1',
      ca: caPem,
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    });
    await once(socket, 'secureConnect');
    assert.equal(socket.authorized, true);
    socket.destroy();
  });
}

test('a client that does not know the authority refuses the connection', async () => {
  const { certPem, keyPem } = await createAuthority(join(root, 'shared'));
  await using server = await listen(certPem, keyPem);
  const socket = connect({ port: server.port, host: '127.0.0.1' });
  await assert.rejects(once(socket, 'secureConnect'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
});

test('the certificate names localhost and both loopback addresses and nothing else', async () => {
  const { certPem } = await createAuthority(join(root, 'shared'));
  const certificate = new X509Certificate(certPem);
  assert.equal(certificate.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
  assert.equal(certificate.ca, false);
});

test('the same certificates are given again while they last longer than a week', async () => {
  const dir = join(root, 'kept');
  const first = await createAuthority(dir);
  assert.deepEqual(await createAuthority(dir), first);
  const nineDaysBeforeItEnds = new Date(Date.now() + yearMs - 9 * 86_400_000);
  assert.deepEqual(await createAuthority(dir, nineDaysBeforeItEnds), first);
});

test('new certificates are made in the last week', async () => {
  const dir = join(root, 'ending');
  const first = await createAuthority(dir);
  const sixDaysBeforeItEnds = new Date(Date.now() + yearMs - 6 * 86_400_000);
  const second = await createAuthority(dir, sixDaysBeforeItEnds);
  assert.notEqual(second.caPem, first.caPem);
});

test('damaged files are replaced', async () => {
  const dir = join(root, 'damaged');
  const first = await createAuthority(dir);
  await writeFile(join(dir, 'localhost.pem'), 'not a certificate');
  const second = await createAuthority(dir);
  assert.notEqual(second.certPem, first.certPem);
  assert.ok(new X509Certificate(second.certPem).verify(new X509Certificate(second.caPem).publicKey));
});

test('processes that start together share one authority', async () => {
  const dir = join(root, 'together');
  const all = await Promise.all(Array.from({ length: 8 }, () => createAuthority(dir)));
  assert.equal(new Set(all.map(authority => authority.caPem)).size, 1);
});

test('the private key is for its owner only', async () => {
  const dir = join(root, 'shared');
  await createAuthority(dir);
  const { mode } = await stat(join(dir, 'localhost-key.pem'));
  assert.equal(mode & 0o777, 0o600);
});

async function listen(cert: string, key: string) {
  const server = createServer({ cert, key }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
