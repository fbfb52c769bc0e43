// The container `catalog`: one partition, so that what belongs together changes together.
import type { Container, OperationInput, OperationResponse } from '@azure/cosmos';
import { request, type Stored, storeErrorOf, toStored } from './cosmos.ts';

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
  return query<CatalogItem>(catalog, 'SELECT * FROM c WHERE c.pk = @pk AND ARRAY_CONTAINS(@ids, c.id)', {
    '@ids': [...ids],
  }).then(items => items.map(item => toStored(item)));
}

/** Every row of a query within the catalogue, `@pk` already given. */
export async function query<T>(
  catalog: Container,
  text: string,
  parameters: Record<string, string | number | boolean | string[]>,
): Promise<T[]> {
  const all = { '@pk': catalogPartition, ...parameters };
  const { resources } = await request('query the catalogue', () =>
    catalog.items
      .query<T>(
        { query: text, parameters: Object.entries(all).map(([name, value]) => ({ name, value })) },
        { partitionKey: catalogPartition },
      )
      .fetchAll(),
  );
  return resources;
}

/** Which operation of a batch failed, and with which status of the database. */
export type Refusal = { index: number; status: number };

/**
 * Commits all operations or none, in one transactional batch (at most 100).
 * @returns the operations' responses, or which one was refused with 404, 409 or 412
 * @throws MaloteError `dependency_unavailable`, `refused_by_store`, `too_large`
 */
export async function commit(
  catalog: Container,
  operations: OperationInput[],
): Promise<{ responses: OperationResponse[] } | { refusal: Refusal }> {
  const { result, code } = await request('write the catalogue', () =>
    catalog.items.batch(operations, catalogPartition),
  );
  const responses = result ?? [];
  // The one that failed says why; the others say 424, "failed dependency".
  const index = responses.findIndex(({ statusCode }) => statusCode >= 400 && statusCode !== 424);
  if (index < 0) {
    if (code === undefined || code >= 300 || responses.length !== operations.length) {
      throw storeErrorOf('write the catalogue', code ?? 500);
    }
    return { responses };
  }
  const status = responses[index]?.statusCode ?? 500;
  if (status !== 404 && status !== 409 && status !== 412) throw storeErrorOf('write the catalogue', status);
  return { refusal: { index, status } };
}

function kindOf(id: string): string {
  return id.split(':', 1)[0] ?? id;
}
