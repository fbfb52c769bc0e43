// Whom a survey asks, as a hash that stays the same for ever: who wishes not to be asked is known whatever keys come and go.
import { createHmac, randomBytes } from 'node:crypto';
import { findAddressKey, writeAddressKey } from '../../azure/address-key-store.ts';
import type { Clients } from '../../clients.ts';
import { normalAddress } from '../../domain/mail/addresses.ts';
import { seal, unseal } from '../../secrets.ts';
import { retryUntilWritten } from '../services/change.ts';

// The key is random, made once, and kept sealed under the deployment's: that one may be changed without a hash becoming another.

const CONTEXT = 'surveys/address-key';
const keys = new WeakMap<Clients['database'], Promise<Buffer>>();

/**
 * An address as surveys know it: 16 characters of base64url that nobody can try out without the key.
 * @throws MaloteError `secret_unreadable` when the deployment's key is gone under which the key was sealed; `dependency_unavailable`
 */
export async function surveyAddressHash(
  clients: Pick<Clients, 'config' | 'database'>,
  address: string,
): Promise<string> {
  const digest = createHmac('sha256', await addressKey(clients))
    .update(normalAddress(address))
    .digest();
  return digest.subarray(0, 12).toString('base64url');
}

/** Kept as long as the app runs, once it was read. */
function addressKey(clients: Pick<Clients, 'config' | 'database'>): Promise<Buffer> {
  const { database } = clients;
  const kept = keys.get(database);
  if (kept !== undefined) return kept;
  const reading = readKey(clients);
  keys.set(database, reading);
  reading.catch(() => keys.delete(database));
  return reading;
}

/** The key; made where there is none, and sealed anew under the deployment's newest. */
function readKey({
  config: { secretKeys },
  database: { catalog },
}: Pick<Clients, 'config' | 'database'>): Promise<Buffer> {
  return retryUntilWritten(async () => {
    const found = await findAddressKey(catalog);
    const key = found ? unseal(secretKeys, found.value, CONTEXT) : randomBytes(32).toString('base64');
    const isNewest = found?.value.keyId === secretKeys[0]?.id;
    if (!isNewest && !(await writeAddressKey(catalog, seal(secretKeys, key, CONTEXT), found?.etag))) {
      return 'blocked';
    }
    return Buffer.from(key, 'base64');
  });
}
