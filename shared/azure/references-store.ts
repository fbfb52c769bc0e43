// Where what services refer to lives: one item each in the container `catalog`, and beside it one that changes with every use.
import type { Container, OperationInput } from '@azure/cosmos';
import type { ReferenceKind, References } from '../domain/reference.ts';
import {
  type CatalogItem,
  type Committed,
  catalogPartition,
  commit,
  creating,
  deleting,
  findItem,
  findItems,
  listItems,
  type PageRange,
  query,
  replacing,
  type SortedItem,
} from './catalog.ts';
import type { Stored } from './cosmos.ts';
import { enqueue, type Pending } from './outbox.ts';

// A service must never be left naming what is gone, though the two are changed by different requests. So everything that is
// referred to has a companion, `uses:{kind}:{id}`, made and deleted with it. A write of a service that names it replaces the
// companion in the same batch, and fails once it is gone. A deletion reads the companion, then looks for services that name
// the thing, and deletes the companion only under the ETag it read: a service written in between moved it.

/** A group, schedule or form as it is kept. */
export type ReferenceItem<K extends ReferenceKind> = SortedItem & { kind: K; record: References[K] };

/** What a service names. */
export type Named = { kind: ReferenceKind; id: string };

/** One of a kind with its ETag; undefined when there is none. One point read. */
export async function findReference<K extends ReferenceKind>(
  catalog: Container,
  kind: K,
  id: string,
): Promise<Stored<ReferenceItem<K>> | undefined> {
  return findItem<ReferenceItem<K>>(catalog, itemId({ kind, id }));
}

/** Those of a kind that exist, by id. One query. */
export async function findReferences<K extends ReferenceKind>(
  catalog: Container,
  kind: K,
  ids: readonly string[],
): Promise<Map<string, References[K]>> {
  const items = await findItems(
    catalog,
    ids.map(id => itemId({ kind, id })),
  );
  return new Map(
    (items as Stored<ReferenceItem<K>>[]).map(({ value: { record } }): [string, References[K]] => [
      record.id,
      record,
    ]),
  );
}

/** All of a kind, by id. One query. */
export async function readAllReferences<K extends ReferenceKind>(
  catalog: Container,
  kind: K,
): Promise<Map<string, References[K]>> {
  const rows = await query<References[K]>(
    catalog,
    'SELECT VALUE c.record FROM c WHERE c.pk = @pk AND c.kind = @kind',
    { '@kind': kind },
  );
  return new Map(rows.map((record): [string, References[K]] => [record.id, record]));
}

/** One page of a kind by id. */
export async function listReferences<K extends ReferenceKind>(catalog: Container, kind: K, page: PageRange) {
  return listItems<ReferenceItem<K>>(catalog, kind, page);
}

/** Creates one; refused when it exists. */
export async function createReference<K extends ReferenceKind>(
  catalog: Container,
  kind: K,
  record: References[K],
  pending: Pending,
): Promise<Committed> {
  const named = { kind, id: record.id };
  return commit(catalog, [creating(toItem(kind, record)), creating(companion(named)), enqueue(pending)]);
}

/** Replaces one; refused when its ETag is another now. */
export async function replaceReference<K extends ReferenceKind>(
  catalog: Container,
  { value, etag }: Stored<ReferenceItem<K>>,
  record: References[K],
  pending: Pending,
): Promise<Committed> {
  return commit(catalog, [replacing({ ...value, ...toItem(value.kind, record) }, etag), enqueue(pending)]);
}

/** The state of its use, to be read before looking for services that name it. */
export async function readUse(catalog: Container, named: Named): Promise<string | undefined> {
  return (await findItem(catalog, companionId(named)))?.etag;
}

/** Deletes one; refused when its ETag (index 0) or the state of its use (index 1) is another now. */
export async function deleteReference(
  catalog: Container,
  named: Named,
  etag: string,
  use: string,
  pending: Pending,
): Promise<Committed> {
  return commit(catalog, [
    deleting(itemId(named), etag),
    deleting(companionId(named), use),
    enqueue(pending),
  ]);
}

/** The operation with which a service's write takes something into use; refused when it is gone. */
export function touching(named: Named): OperationInput {
  return replacing(companion(named));
}

function toItem<K extends ReferenceKind>(kind: K, record: References[K]): ReferenceItem<K> {
  return { id: itemId({ kind, id: record.id }), pk: catalogPartition, kind, sortKey: record.id, record };
}

function companion(named: Named): CatalogItem {
  return { id: companionId(named), pk: catalogPartition, kind: 'uses' };
}

function itemId({ kind, id }: Named): string {
  return `${kind}:${id}`;
}

function companionId(named: Named): string {
  return `uses:${itemId(named)}`;
}
