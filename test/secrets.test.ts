// Secrets at rest: who can read them, and that nothing of them can be altered or moved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SecretKey } from '../shared/config.ts';
import { addressHash, hashedAddresses, type Sealed, seal, secretContext, unseal } from '../shared/secrets.ts';

const key = (id: string, byte: number): SecretKey => ({ id, key: Buffer.alloc(32, byte) });
const [older, newer] = [key('k1', 1), key('k2', 2)];
const here = secretContext('abcdefghijkl', 'password');
const unreadable = { code: 'secret_unreadable', cure: 'Set the secret again.' };

test('a sealed secret is read back, letter by letter', () => {
  for (const secret of ['', 'correct horse', 'sésamo 🔑', 'x'.repeat(1000)]) {
    assert.equal(unseal([newer], seal([newer], secret, here), here), secret);
  }
});

test('sealing twice gives nothing in common', () => {
  const [one, other] = [seal([newer], 'same', here), seal([newer], 'same', here)];
  assert.notEqual(one.iv, other.iv);
  assert.notEqual(one.data, other.data);
});

test('the first key encrypts and all decrypt, so that keys can be rotated', () => {
  const sealed = seal([older], 'old', here);
  assert.equal(seal([newer, older], 'new', here).keyId, 'k2');
  assert.equal(unseal([newer, older], sealed, here), 'old');
  assert.throws(() => unseal([newer], sealed, here), { ...unreadable, message: /"k1", which is no longer/ });
});

test('a secret moved to another place is worth nothing', () => {
  const sealed = seal([newer], 'mine', here);
  assert.throws(() => unseal([newer], sealed, secretContext('mnopqrstuvwx', 'password')), unreadable);
});

test('a key under the id of another does not read what it did not write', () => {
  const sealed = seal([newer], 'mine', here);
  assert.throws(() => unseal([key('k2', 3)], sealed, here), unreadable);
  assert.throws(() => unseal([newer, key('k3', 2)], { ...sealed, keyId: 'k3' }, here), unreadable);
});

for (const part of ['iv', 'data', 'tag'] as const) {
  test(`an altered or cut ${part} is noticed`, () => {
    const sealed = seal([newer], 'mine', here);
    const bytes = Buffer.from(sealed[part], 'base64');
    const altered = Buffer.from(bytes);
    altered[0] = (altered[0] ?? 0) ^ 1;
    for (const wrong of [altered, bytes.subarray(1), Buffer.alloc(0)]) {
      const broken: Sealed = { ...sealed, [part]: wrong.toString('base64') };
      assert.throws(() => unseal([newer], broken, here), unreadable);
    }
  });
}

test('without a key nothing is sealed', () => {
  assert.throws(() => seal([], 'mine', here), { code: 'misconfigured' });
});

test('addresses are hashed under the newest key, and nobody finds them by another', () => {
  const { addressKeyId, addressHashes } = hashedAddresses(
    [newer, older],
    ['Ana@Example.net ', 'ana@example.net', ''],
  );
  assert.equal(addressKeyId, newer.id);
  assert.deepEqual(addressHashes, [addressHash(newer, 'ana@example.net')]);
  assert.match(addressHashes?.[0] ?? '', /^[\w-]{16}$/);
  assert.notEqual(addressHash(older, 'ana@example.net'), addressHash(newer, 'ana@example.net'));
  assert.notEqual(addressHash(newer, 'rui@example.net'), addressHash(newer, 'ana@example.net'));
});
