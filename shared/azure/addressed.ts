// The ledger searched for an address that nobody reads there: by the hashes of who is named in a mail.
import type { Container } from '@azure/cosmos';
import type { MailKey } from '../domain/ids.ts';
import type { LedgerRecord } from '../domain/mail/ledger-record.ts';
import { type Condition, request, type Stored } from './cosmos.ts';
import { listSome } from './forgotten.ts';

/** Mails of all services that name an address, by its hash under any live key; about a hundred of them, any. */
export function listOfAddress(ledger: Container, hashes: string[]): Promise<Stored<LedgerRecord>[]> {
  const { text, parameters } = naming(hashes);
  return listSome<LedgerRecord>(ledger, text, parameters);
}

/** Keys of the mails of all services that name an address; `most` of them at least, if there are so many. */
export async function keysOfAddress(ledger: Container, hashes: string[], most: number): Promise<MailKey[]> {
  const { text, parameters } = naming(hashes);
  const pages = ledger.items.query<MailKey>({
    query: `SELECT VALUE c.id FROM c WHERE ${text}`,
    parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
  });
  const found: MailKey[] = [];
  while (pages.hasMoreResults() && found.length < most) {
    const { resources } = await request('search ledger', () => pages.fetchNext());
    found.push(...(resources ?? []));
  }
  return found;
}

/**
 * Mails whose addresses were not hashed under any of these keys: those of older versions. About a hundred, any. For what is
 * absent there is no index: it may cost as much as there are records, and is asked seldom.
 */
export function listUnhashed(ledger: Container, keyIds: string[]): Promise<Stored<LedgerRecord>[]> {
  const { text, parameters } = unhashed(keyIds);
  return listSome<LedgerRecord>(ledger, text, parameters);
}

function naming(hashes: string[]): Condition {
  const names = hashes.map((_, index) => `@hash${index}`);
  const byHash = names.map(name => `ARRAY_CONTAINS(c.addressHashes, ${name})`);
  return {
    text: `c.kind = 'mail' AND (${byHash.join(' OR ')})`,
    parameters: Object.fromEntries(hashes.map((hash, index) => [names[index], hash])),
  };
}

function unhashed(keyIds: string[]): Condition {
  const names = keyIds.map((_, index) => `@key${index}`);
  return {
    text: `c.kind = 'mail' AND (NOT IS_DEFINED(c.addressKeyId) OR c.addressKeyId NOT IN (${names.join(', ')}))`,
    parameters: Object.fromEntries(keyIds.map((id, index) => [names[index], id])),
  };
}
