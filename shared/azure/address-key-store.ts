// Where the key is kept that addresses of surveys are hashed under: one item in the container `catalog`, sealed.
import type { Container } from '@azure/cosmos';
import type { Sealed } from '../secrets.ts';
import { type CatalogItem, catalogPartition, commit, creating, findItem, replacing } from './catalog.ts';
import type { Stored } from './cosmos.ts';

type AddressKeyItem = CatalogItem & { kind: 'addressKey'; key: Sealed };

const ID = 'addressKey';

/** The key as it is sealed; undefined until there is one. One point read. */
export async function findAddressKey(catalog: Container): Promise<Stored<Sealed> | undefined> {
  const found = await findItem<AddressKeyItem>(catalog, ID);
  return found && { value: found.value.key, etag: found.etag };
}

/** Keeps the first key, or the same one sealed anew; whether it is kept. */
export async function writeAddressKey(
  catalog: Container,
  key: Sealed,
  etag: string | undefined,
): Promise<boolean> {
  const item: AddressKeyItem = { id: ID, pk: catalogPartition, kind: 'addressKey', key };
  return 'etag' in (await commit(catalog, [etag === undefined ? creating(item) : replacing(item, etag)]));
}
