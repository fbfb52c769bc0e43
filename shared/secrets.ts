// Secrets at rest: AES-256-GCM under the newest key, readable under every live key, bound to the place they belong to.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { SecretKey } from './config.ts';
import { normalAddress } from './domain/mail/addresses.ts';
import { secretField } from './domain/service/secret-place.ts';
import type { SecretName } from './domain/service/service.ts';
import { MaloteError } from './errors.ts';

/** An encrypted secret; all but `keyId` in base64. */
export type Sealed = { keyId: string; iv: string; data: string; tag: string };

// 96 bits is the IV length that GCM is specified for, NIST SP 800-38D 5.2.1.1; 128 bits its longest tag.
const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * Encrypts `plaintext` under the first of `keys`.
 * @param context where the secret belongs, e.g. a service and a field; it can be unsealed only there, so that a
 *   sealed secret copied to another record is worth nothing
 * @throws MaloteError `misconfigured` without a key
 */
export function seal(keys: readonly SecretKey[], plaintext: string, context: string): Sealed {
  const [newest] = keys;
  if (newest === undefined) throw new MaloteError('misconfigured', 'SECRET_KEY_CURRENT: is not set.');
  const iv = randomBytes(ivBytes);
  const encryption = createCipheriv(cipher, newest.key, iv, { authTagLength: tagBytes });
  encryption.setAAD(boundTo(newest.id, context));
  const data = Buffer.concat([encryption.update(plaintext, 'utf8'), encryption.final()]);
  return {
    keyId: newest.id,
    iv: iv.toString('base64'),
    data: data.toString('base64'),
    tag: encryption.getAuthTag().toString('base64'),
  };
}

/**
 * Decrypts what `seal` made for the same `context`.
 * @throws MaloteError `secret_unreadable` when its key is gone or it was altered or moved
 */
export function unseal(keys: readonly SecretKey[], sealed: Sealed, context: string): string {
  const key = keys.find(({ id }) => id === sealed.keyId);
  if (key === undefined) {
    throw unreadable(`it was encrypted with the key "${sealed.keyId}", which is no longer configured`);
  }
  try {
    const decryption = createDecipheriv(cipher, key.key, Buffer.from(sealed.iv, 'base64'), {
      authTagLength: tagBytes,
    });
    decryption.setAAD(boundTo(key.id, context));
    decryption.setAuthTag(Buffer.from(sealed.tag, 'base64'));
    const data = Buffer.from(sealed.data, 'base64');
    return Buffer.concat([decryption.update(data), decryption.final()]).toString('utf8');
  } catch (cause) {
    throw unreadable('it was altered, or belongs to another place', cause);
  }
}

/** As key objects: a key of bytes is looked at anew for every digest, which costs four times as much. */
const hashKeys = new WeakMap<Buffer, KeyObject>();
const hashBytes = 12;

/**
 * What an address is looked for by where nobody is to read it: its HMAC under a key that is derived from the deployment's, 16
 * characters of base64url. Without the key nobody can try out whose it is.
 * @param address as it is compared (domain/mail/addresses.ts)
 */
export function addressHash({ key }: SecretKey, address: string): string {
  const derived = hashKeys.get(key) ?? derive(key);
  hashKeys.set(key, derived);
  const digest = createHmac('sha256', derived).update(address).digest();
  return digest.subarray(0, hashBytes).toString('base64url');
}

function derive(key: Buffer): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', 'malote/addresses', 32)));
}

/** The members of a record by which those with these addresses are found, under the first of `keys`. */
export function hashedAddresses(
  [newest]: readonly SecretKey[],
  addresses: readonly string[],
): { addressKeyId?: string; addressHashes?: string[] } {
  if (newest === undefined) return {};
  const hashes = addresses.map(normalAddress).filter(address => address !== '');
  return {
    addressKeyId: newest.id,
    addressHashes: [...new Set(hashes)].map(address => addressHash(newest, address)),
  };
}

/** The context of a secret of a service's mailbox. */
export function secretContext(serviceId: string, name: SecretName): string {
  return `services/${serviceId}/${secretField(name)}`;
}

function boundTo(keyId: string, context: string): Buffer {
  return Buffer.from(JSON.stringify([keyId, context]), 'utf8');
}

function unreadable(why: string, cause?: unknown): MaloteError {
  return new MaloteError('secret_unreadable', `The stored secret cannot be read: ${why}.`, {
    cause,
    cure: 'Set the secret again.',
  });
}
