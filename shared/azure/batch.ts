// Transactional batches: all of it or nothing, and a batch that was sent again is not taken for another's.
import type { Container, OperationInput } from '@azure/cosmos';
import { isAsWritten, request, type Stored } from './cosmos.ts';

/**
 * A committed batch, with the items as its operations left them (undefined where one was deleted) and the ETag of the first; or the
 * operation that was in the way, and its status.
 */
export type BatchOutcome = { etag: string; items: unknown[] } | { refusedIndex: number; status: number };

export type Batch = {
  container: Container;
  /** Value of the partition key that all operations share. */
  partition: string;
  /** At most 100. */
  operations: OperationInput[];
  /** For the message of a failure. */
  what: string;
  /** Those that exist of the items with these ids in the partition. */
  find: (ids: string[]) => Promise<Stored<{ id: string }>[]>;
};

/**
 * Commits all operations or none. A batch whose answer was lost is sent again (`http-client.ts`), and refused then by what it
 * wrote itself: it is taken for committed when all its items are as it leaves them.
 * @throws MaloteError `dependency_unavailable`, `refused_by_store`, `too_large` for a batch refused as a whole
 */
export async function runBatch({
  container,
  partition,
  operations,
  what,
  find,
}: Batch): Promise<BatchOutcome> {
  const { result = [], code } = await request(what, () => container.items.batch(operations, partition));
  // The one that failed says why; all others say 424, "failed dependency".
  const refusedIndex = result.findIndex(({ statusCode }) => statusCode >= 400 && statusCode !== 424);
  if (refusedIndex < 0 && result.length === operations.length) {
    return { etag: result[0]?.eTag ?? '', items: result.map(({ resourceBody }) => resourceBody) };
  }
  const status = result[refusedIndex]?.statusCode ?? code ?? 500;
  if (status === 404 || status === 409 || status === 412) {
    const found = new Map((await find(operations.map(idOf))).map(stored => [stored.value.id, stored]));
    const isAsLeft = operations.every(operation => isAsLeftBy(operation, found.get(idOf(operation))?.value));
    const items = operations.map(operation => found.get(idOf(operation))?.value);
    if (isAsLeft) return { etag: found.get(idOf(operations[0]))?.etag ?? '', items };
  }
  return { refusedIndex, status };
}

function idOf(operation: OperationInput | undefined): string {
  if (operation === undefined) return '';
  return String('id' in operation && operation.id ? operation.id : (bodyOf(operation) as { id?: string }).id);
}

function bodyOf(operation: OperationInput): object {
  return 'resourceBody' in operation ? operation.resourceBody : {};
}

/** Whether an item is as an operation leaves it. What an upsert wrote others may have written over since. */
function isAsLeftBy(operation: OperationInput, item: unknown): boolean {
  switch (operation.operationType) {
    case 'Delete':
      return item === undefined;
    case 'Upsert':
      return true;
    case 'Patch': {
      // Our patches set members of the item itself, or count along: what they added others may have added to.
      const { operations } = operation.resourceBody as {
        operations: { op: string; path: string; value: unknown }[];
      };
      if (operations.every(({ op }) => op === 'incr')) return true;
      const set = Object.fromEntries(operations.map(({ path, value }) => [path.slice(1), value]));
      return item !== undefined && isAsWritten(item, { ...(item as object), ...set });
    }
    default:
      return isAsWritten(item, bodyOf(operation));
  }
}
