// Where orders to forget a person live: one item each in the container `catalog`, with the address sealed as long as it is looked for.
import type { Container } from '@azure/cosmos';
import type { MailKey } from '../domain/ids.ts';
import type { InvitationId } from '../domain/survey/invitation.ts';
import type { Sealed } from '../secrets.ts';
import {
  type CatalogItem,
  catalogPartition,
  commit,
  creating,
  findItem,
  query,
  replacing,
} from './catalog.ts';
import { request, type Stored, toStored } from './cosmos.ts';
import { enqueue, type Pending } from './outbox.ts';

/** An order to forget a person. Instants are RFC 3339 in UTC. */
export type Erasure = {
  id: string;
  /** `failed`: the key is gone under which the address was sealed. */
  state: 'running' | 'done' | 'failed';
  requestedAt: string;
  finishedAt?: string;
  /** Only while it is running. */
  address?: Sealed;
  /** What was found, and is erased or about to be. */
  mailKeys: MailKey[];
  /** The same of surveys; absent in orders of older versions. */
  invitationIds?: InvitationId[];
  /** Whether it ended at the most that one order erases. */
  isMore?: true;
};

type ErasureItem = CatalogItem & { kind: 'erasure'; erasure: Erasure };

export async function findErasure(catalog: Container, id: string): Promise<Stored<Erasure> | undefined> {
  const found = await findItem<ErasureItem>(catalog, itemId(id));
  return found && { value: found.value.erasure, etag: found.etag };
}

/** Those that are not done; at most ten. */
export async function listErasing(catalog: Container): Promise<Stored<Erasure>[]> {
  const items = await query<ErasureItem>(
    catalog,
    "SELECT TOP 10 * FROM c WHERE c.pk = @pk AND c.kind = 'erasure' AND c.erasure.state = 'running'",
    {},
  );
  return items.map(item => {
    const { value, etag } = toStored(item);
    return { value: value.erasure, etag };
  });
}

/** Keeps an order, with what must follow it. @returns its ETag */
export async function createErasure(catalog: Container, erasure: Erasure, pending: Pending): Promise<string> {
  const committed = await commit(catalog, [creating(toItem(erasure)), enqueue(pending)]);
  return 'etag' in committed ? committed.etag : '';
}

/** Writes how far it is; undefined when somebody else is at it. */
export async function writeErasure(
  catalog: Container,
  erasure: Erasure,
  etag: string,
): Promise<string | undefined> {
  const committed = await commit(catalog, [replacing(toItem(erasure), etag)]);
  return 'etag' in committed ? committed.etag : undefined;
}

type HashedItem = CatalogItem & { kind: 'addresses-hashed'; keyIds: string[]; at: string };

/** Under which keys all records of the ledger were hashed at an instant; undefined when nobody has found so. One point read. */
export async function findHashed(catalog: Container): Promise<Pick<HashedItem, 'keyIds' | 'at'> | undefined> {
  return (await findItem<HashedItem>(catalog, 'addresses-hashed'))?.value;
}

/** Notes that all records are hashed under one of these keys. */
export async function noteHashed(catalog: Container, keyIds: string[], now: Date): Promise<void> {
  const at = now.toISOString();
  const item: HashedItem = {
    id: 'addresses-hashed',
    pk: catalogPartition,
    kind: 'addresses-hashed',
    keyIds,
    at,
  };
  await request('note hashed addresses', () => catalog.items.upsert(item));
}

function toItem(erasure: Erasure): ErasureItem {
  return { id: itemId(erasure.id), pk: catalogPartition, kind: 'erasure', erasure };
}

function itemId(id: string): string {
  return `erasure:${id}`;
}
