// What makes an item acceptable, and what the service adds to it.
// https://learn.microsoft.com/azure/cosmos-db/concepts-limits#per-item-limits
import { createHash, randomUUID } from 'node:crypto';
import type { Container, NewRow } from './container.ts';
import { isTtl } from './container-definition.ts';
import { badRequest, tooLarge, unsupported } from './cosmos-error.ts';
import { isObject, type Json, type JsonObject, sizeBytes, valueAt } from './json.ts';

export const maxItemBytes = 2 * 1024 * 1024;
const maxIdBytes = 1023;
const maxPartitionKeyBytes = 2048;

/** Set by the service; what a client sends in their place is dropped. */
export const systemProperties: readonly string[] = ['_rid', '_self', '_etag', '_attachments', '_ts'];

/** `["s1"]` as the header x-ms-documentdb-partitionkey has it, in the one spelling the rows are kept under. */
export function readPartitionKey(header: string): string {
  let values: Json;
  try {
    values = JSON.parse(header);
  } catch {
    throw badRequest('The partition key header is not JSON.');
  }
  if (!Array.isArray(values) || values.length !== 1)
    throw unsupported('A partition key of other than one value');
  if (Array.isArray(values[0])) throw badRequest('A partition key is a string, a number, a boolean or null.');
  const partition = JSON.stringify(values);
  if (sizeBytes(partition) > maxPartitionKeyBytes) throw badRequest('The partition key is over 2048 bytes.');
  return partition;
}

/** Checks what a client wants stored under `partition`, and gives the item's id. */
export function checkItem(
  container: Container,
  partition: string,
  item: Json,
): { id: string; item: JsonObject } {
  if (!isObject(item)) throw badRequest('An item is a JSON object.');
  const { id } = item;
  if (typeof id !== 'string' || id === '') throw badRequest('An item needs an id that is a string.');
  if (/[/\\?#]/.test(id)) throw badRequest(`The id '${id}' contains one of / \\ ? #.`);
  if (sizeBytes(id) > maxIdBytes) throw badRequest(`The id is over ${maxIdBytes} bytes.`);
  const { ttl } = item;
  if (ttl !== undefined && !isTtl(ttl)) throw badRequest('ttl is -1 or a positive integer.');
  // An item without the property lives in a partition of its own kind, which the client writes `{}`.
  const own = valueAt(item, container.definition.partitionKeyPath);
  if (JSON.stringify([own === undefined ? {} : own]) !== partition) {
    throw badRequest('PartitionKey extracted from document doesn’t match the one specified in the header.');
  }
  return { id, item };
}

/** The row to keep for an item: with its system properties, a new ETag, and its time to live. */
export function rowOf(container: Container, partition: string, id: string, item: JsonObject): NewRow {
  const etag = `"${randomUUID()}"`;
  const changedAtSeconds = container.nowSeconds;
  const rid = createHash('sha256')
    .update(`${container.table} ${partition} ${id}`)
    .digest('base64url')
    .slice(0, 16);
  const own = withoutSystemProperties(item);
  const text = JSON.stringify({
    ...own,
    _rid: rid,
    _self: `dbs/local/colls/${container.table}/docs/${rid}/`,
    _etag: etag,
    _attachments: 'attachments/',
    _ts: changedAtSeconds,
  });
  if (sizeBytes(text) > maxItemBytes) throw tooLarge(`Item '${id}'`);
  const ttlSeconds = typeof own.ttl === 'number' ? own.ttl : null;
  return { etag, changedAtSeconds, ttlSeconds, item: text };
}

export function withoutSystemProperties(item: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !systemProperties.includes(name)));
}
