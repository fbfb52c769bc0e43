// Point operations on the items of one partition, with their preconditions.
import type { Horizon } from './changes.ts';
import type { Container, Row } from './container.ts';
import { badRequest, conflict, notFound, preconditionFailed } from './cosmos-error.ts';
import { checkItem, rowOf, withoutSystemProperties } from './item-rules.ts';
import type { Json, JsonObject } from './json.ts';
import { applyPatch, readPatch } from './patch.ts';
import { lookCharge, patchCharge, readCharge, writeCharge } from './request-charge.ts';
import { conditionToSqlite } from './sql/condition-to-sqlite.ts';
import { parsePatchCondition } from './sql/parser.ts';
import { inTransaction } from './storage.ts';

/** ETags with their quotation marks, or `*`. */
export type Preconditions = { ifMatch: string | undefined; ifNoneMatch: string | undefined };

/** What became of an operation, and its charge in request units; `item` is JSON text. */
export type Outcome = { status: number; charge: number; etag?: string; item?: string };

export function createItem(container: Container, partition: string, body: Json): Outcome {
  const { id, item } = checkItem(container, partition, body);
  return inTransaction(container.storage, () => {
    if (container.find(partition, id)) throw conflict(`Item '${id}'`);
    return insert(container, partition, id, item);
  });
}

/**
 * Creates or replaces. The preconditions are about replacing alone: with If-Match a missing item is created all the same.
 * https://learn.microsoft.com/dotnet/api/microsoft.azure.cosmos.requestoptions.ifmatchetag
 */
export function upsertItem(
  container: Container,
  partition: string,
  body: Json,
  preconditions: Preconditions,
): Outcome {
  const { id, item } = checkItem(container, partition, body);
  return inTransaction(container.storage, () => {
    const row = container.find(partition, id);
    if (!row) return insert(container, partition, id, item);
    checkIfMatch(row, preconditions);
    const { ifNoneMatch } = preconditions;
    if (ifNoneMatch === '*' || ifNoneMatch === row.etag) throw preconditionFailed();
    return update(container, partition, id, row, item);
  });
}

/** @param horizon of a replica that lags behind; without it, the item as it is */
export function readItem(
  container: Container,
  partition: string,
  id: string,
  { ifNoneMatch }: Preconditions,
  horizon?: Horizon,
): Outcome {
  const is = container.find(partition, id);
  const row = horizon ? container.changes.asOf(partition, id, is, horizon) : is;
  if (!row) throw notFound(`Item '${id}'`);
  const { etag, item } = row;
  if (ifNoneMatch === etag) return { status: 304, charge: lookCharge, etag };
  return { status: 200, charge: readCharge(item), etag, item };
}

export function replaceItem(
  container: Container,
  partition: string,
  id: string,
  body: Json,
  preconditions: Preconditions,
): Outcome {
  const { id: bodyId, item } = checkItem(container, partition, body);
  if (bodyId !== id) throw badRequest(`The id of item '${id}' cannot be changed to '${bodyId}'.`);
  return inTransaction(container.storage, () => {
    const row = getRow(container, partition, id);
    checkIfMatch(row, preconditions);
    return update(container, partition, id, row, item);
  });
}

export function patchItem(
  container: Container,
  partition: string,
  id: string,
  body: Json,
  preconditions: Preconditions,
): Outcome {
  const { condition, operations } = readPatch(body);
  return inTransaction(container.storage, () => {
    const row = getRow(container, partition, id);
    checkIfMatch(row, preconditions);
    if (condition !== undefined && !holds(container, row, condition)) throw preconditionFailed();
    const item = withoutSystemProperties(JSON.parse(row.item));
    applyPatch(item, operations, container.definition.partitionKeyPath);
    const updated = update(container, partition, id, row, checkItem(container, partition, item).item);
    return { ...updated, charge: updated.charge + patchCharge(operations.length) };
  });
}

export function deleteItem(
  container: Container,
  partition: string,
  id: string,
  preconditions: Preconditions,
): Outcome {
  return inTransaction(container.storage, () => {
    const row = getRow(container, partition, id);
    checkIfMatch(row, preconditions);
    container.remove(partition, id, row);
    return { status: 204, charge: writeCharge(row.item, undefined, container.isIndexed) };
  });
}

function getRow(container: Container, partition: string, id: string): Row {
  const row = container.find(partition, id);
  if (!row) throw notFound(`Item '${id}'`);
  return row;
}

function checkIfMatch(row: Row, { ifMatch }: Preconditions): void {
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== row.etag) throw preconditionFailed();
}

type Written = Outcome & { item: string };

function insert(container: Container, partition: string, id: string, item: JsonObject): Written {
  const row = rowOf(container, partition, id, item);
  container.insert(partition, id, row);
  return {
    status: 201,
    charge: writeCharge(undefined, row.item, container.isIndexed),
    etag: row.etag,
    item: row.item,
  };
}

function update(container: Container, partition: string, id: string, old: Row, item: JsonObject): Written {
  const row = rowOf(container, partition, id, item);
  container.update(partition, id, old, row);
  return {
    status: 200,
    charge: writeCharge(old.item, row.item, container.isIndexed),
    etag: row.etag,
    item: row.item,
  };
}

/** Whether the condition of a patch is true for the item as it is kept. */
function holds(container: Container, row: Row, condition: string): boolean {
  const { partitionKeyPath } = container.definition;
  return container.holds(row, conditionToSqlite(parsePatchCondition(condition), partitionKeyPath));
}
