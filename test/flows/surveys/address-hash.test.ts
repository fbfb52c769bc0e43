// The hash of an address stays what it is: through changes of keys, restarts and races.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { findAddressKey } from '../../../shared/azure/address-key-store.ts';
import type { Clients } from '../../../shared/clients.ts';
import type { SecretKey } from '../../../shared/config.ts';
import { surveyAddressHash } from '../../../shared/flows/surveys/address-hash.ts';
import { startDatabase } from '../../azure/services-database.ts';

const { database, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);

const k1: SecretKey = { id: 'k1', key: randomBytes(32) };
const k2: SecretKey = { id: 'k2', key: randomBytes(32) };

/** An instance of the app of its own: what one has read another has not. */
function instance(...secretKeys: SecretKey[]): Clients {
  return { config: { secretKeys }, database: { ...database } } as unknown as Clients;
}

test('instances that start together agree on one key', async () => {
  const hashes = await Promise.all(
    Array.from({ length: 8 }, () => surveyAddressHash(instance(k1), 'Ana@Example.com ')),
  );
  assert.equal(new Set(hashes).size, 1);
  assert.match(hashes[0] ?? '', /^[A-Za-z0-9_-]{16}$/);
  assert.equal(await surveyAddressHash(instance(k1), 'ana@example.com'), hashes[0]);
  assert.notEqual(await surveyAddressHash(instance(k1), 'ana@example.org'), hashes[0]);
});

test('it is the same under a new key of the deployment, under which it is sealed anew', async () => {
  const before = await surveyAddressHash(instance(k1), 'ana@example.com');
  assert.equal(await surveyAddressHash(instance(k2, k1), 'ana@example.com'), before);
  assert.equal((await findAddressKey(database.catalog))?.value.keyId, 'k2');
  assert.equal(await surveyAddressHash(instance(k2), 'ana@example.com'), before);
});

test('without the key it is sealed under nothing is hashed, and none is made in its place', async () => {
  await assert.rejects(surveyAddressHash(instance(k1), 'ana@example.com'), { code: 'secret_unreadable' });
  assert.equal((await findAddressKey(database.catalog))?.value.keyId, 'k2');
});
