// The container `catalog`: one partition, so that what belongs together changes together.
import type { Container, JSONObject, OperationInput } from '@azure/cosmos';
import { runBatch } from './batch.ts';
import {
  type Condition,
  isOneOf,
  queryPartition,
  request,
  type Stored,
  storeErrorOf,
  toStored,
} from './cosmos.ts';

/** The partition that holds everything of the catalogue. */
export const catalogPartition = 'catalog';

/** What every item of the container carries. `kind` tells them apart in queries. */
export type CatalogItem = { id: string; pk: typeof catalogPartition; kind: string };

/** One item by its id; undefined when there is none. One point read. */
export async function findItem<T extends CatalogItem>(
  catalog: Container,
  id: string,
): Promise<Stored<T> | undefined> {
  const { resource } = await request(`read ${kindOf(id)}`, () =>
    catalog.item(id, catalogPartition).read<T>(),
  );
  return resource && toStored<T>(resource);
}

/** All items that have one of these ids, in one query; ids that do not exist are left out. */
export async function findItems(catalog: Container, ids: readonly string[]): Promise<Stored<CatalogItem>[]> {
  if (ids.length === 0) return [];
  const { text, parameters } = isOneOf('id', ids);
  const items = await query<CatalogItem>(catalog, `SELECT * FROM c WHERE c.pk = @pk AND ${text}`, parameters);
  return items.map(item => toStored(item));
}

/** Every row of a query within the catalogue, `@pk` already given. */
export async function query<T>(
  catalog: Container,
  text: string,
  parameters: Record<string, string>,
): Promise<T[]> {
  return queryPartition<T>(catalog, 'query the catalogue', catalogPartition, {
    text,
    parameters: { '@pk': catalogPartition, ...parameters },
  });
}

/**
 * One page of a kind, in the order of its `sortKey`, which must be unique within the kind.
 * @param after the `sortKey` that the last page ended with; empty for the first
 * @param condition what they must have besides
 * @returns the items and the `sortKey` to go on from; undefined at the end
 */
export async function listItems<T extends SortedItem>(
  catalog: Container,
  kind: T['kind'],
  { after, limit }: PageRange,
  condition?: Condition,
): Promise<{ items: Stored<T>[]; next: string | undefined }> {
  // One more than asked for tells whether there is more.
  const found = await query<T>(
    catalog,
    `SELECT TOP ${limit + 1} * FROM c
     WHERE c.pk = @pk AND c.kind = @kind AND c.sortKey > @after${condition ? ` AND ${condition.text}` : ''} ORDER BY c.sortKey`,
    { '@kind': kind, '@after': after, ...condition?.parameters },
  );
  const items = found.slice(0, limit).map(item => toStored<T>(item));
  return { items, next: found.length > limit ? items.at(-1)?.value.sortKey : undefined };
}

/** An item that is listed in pages. */
export type SortedItem = CatalogItem & { sortKey: string };

export type PageRange = { after: string; limit: number };

/** Creates an item that must not exist yet; refused with 409. */
export function creating(item: CatalogItem): OperationInput {
  return { operationType: 'Create', resourceBody: item as unknown as JSONObject };
}

/** Replaces an item that must exist (404) and, with an ETag, be unchanged (412). */
export function replacing(item: CatalogItem, etag?: string): OperationInput {
  return {
    operationType: 'Replace',
    id: item.id,
    resourceBody: item as unknown as JSONObject,
    ...(etag !== undefined && { ifMatch: etag }),
  };
}

/** Writes an item, whether it exists or not. */
export function upserting(item: CatalogItem): OperationInput {
  return { operationType: 'Upsert', resourceBody: item as unknown as JSONObject };
}

/** Deletes an item that must exist (404) and, with an ETag, be unchanged (412). */
export function deleting(id: string, etag?: string): OperationInput {
  return { operationType: 'Delete', id, ...(etag !== undefined && { ifMatch: etag }) };
}

/** A committed batch, with the ETag of its first operation's item; or the first operation that was in the way. */
export type Committed = { etag: string } | { refusedIndex: number };

/**
 * Commits all operations or none, in one transactional batch (at most 100).
 * @returns which operation was refused when that was with 404, 409 or 412
 * @throws MaloteError `dependency_unavailable`, `refused_by_store`, `too_large`
 */
export async function commit(catalog: Container, operations: OperationInput[]): Promise<Committed> {
  const what = 'write the catalogue';
  const outcome = await runBatch({
    container: catalog,
    partition: catalogPartition,
    operations,
    what,
    find: ids => findItems(catalog, ids),
  });
  if ('etag' in outcome) return outcome;
  const { refusedIndex, status } = outcome;
  if (status === 404 || status === 409 || status === 412) return { refusedIndex };
  throw storeErrorOf(what, status);
}

function kindOf(id: string): string {
  return id.split(':', 1)[0] ?? id;
}
