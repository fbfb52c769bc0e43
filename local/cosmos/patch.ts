// Partial updates of an item. https://learn.microsoft.com/azure/cosmos-db/partial-document-update
import { badRequest, unsupported } from './cosmos-error.ts';
import { systemProperties } from './item-rules.ts';
import { isObject, type Json, type JsonObject } from './json.ts';

const maxOperations = 10;
const verbs = ['add', 'set', 'replace', 'remove', 'incr'] as const;

export type PatchOperation = { op: (typeof verbs)[number]; path: string; value: Json | undefined };

export type Patch = { condition: string | undefined; operations: PatchOperation[] };

/** The body of a PATCH: a list of operations, or an object of that list and a condition. */
export function readPatch(body: Json): Patch {
  const { operations, condition } = Array.isArray(body) ? { operations: body } : isObject(body) ? body : {};
  if (!Array.isArray(operations) || operations.length === 0) throw badRequest('A patch needs operations.');
  if (operations.length > maxOperations) throw badRequest(`A patch has at most ${maxOperations} operations.`);
  if (condition !== undefined && typeof condition !== 'string') throw badRequest('A condition is a string.');
  return { condition, operations: operations.map(readOperation) };
}

function readOperation(operation: Json): PatchOperation {
  if (!isObject(operation) || typeof operation.path !== 'string')
    throw badRequest('A patch operation has a path.');
  const op = verbs.find(verb => verb === operation.op);
  if (op === undefined) throw unsupported(`Patch operation '${operation.op}'`);
  if (op !== 'remove' && operation.value === undefined) throw badRequest(`'${op}' needs a value.`);
  return { op, path: operation.path, value: operation.value };
}

/** Changes `item` in place: all operations in their order, or an error and an item to throw away. */
export function applyPatch(
  item: JsonObject,
  operations: readonly PatchOperation[],
  partitionKeyPath: readonly string[],
): void {
  for (const operation of operations) {
    const names = readPointer(operation.path, partitionKeyPath);
    const last = names.pop() as string;
    const parent = names.reduce<Json | undefined>(childOf, item);
    if (Array.isArray(parent)) changeArray(parent, last, operation);
    else if (isObject(parent)) changeObject(parent, last, operation);
    else throw badRequest(`Patch path '${operation.path}': its parent does not exist.`);
  }
}

/** RFC 6901 section 4; the id, the partition key and what the service sets cannot be patched. */
function readPointer(path: string, partitionKeyPath: readonly string[]): string[] {
  if (!path.startsWith('/') || path === '/') throw badRequest(`'${path}' is not a patch path.`);
  const names = path
    .slice(1)
    .split('/')
    .map(name => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const isPartitionKey = names.every((name, index) => name === partitionKeyPath[index]);
  if (isPartitionKey || (names.length === 1 && ['id', ...systemProperties].includes(names[0] as string))) {
    throw badRequest(`'${path}' cannot be patched.`);
  }
  return names;
}

function childOf(parent: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(parent)) return /^\d+$/.test(name) ? parent[Number(name)] : undefined;
  return isObject(parent) && Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function changeObject(parent: JsonObject, name: string, { op, path, value }: PatchOperation): void {
  const exists = Object.hasOwn(parent, name);
  if ((op === 'replace' || op === 'remove') && !exists) throw absent(path);
  if (op === 'remove') delete parent[name];
  else parent[name] = op === 'incr' ? increased(parent[name] ?? 0, value, path) : (value as Json);
}

/** `add` inserts before the index or, at `-`, appends; the others are about the element that is there. */
function changeArray(parent: Json[], name: string, { op, path, value }: PatchOperation): void {
  if (name === '-' && (op === 'add' || op === 'set')) {
    parent.push(value as Json);
    return;
  }
  const index = /^\d+$/.test(name) ? Number(name) : Number.NaN;
  if (op === 'add' && index <= parent.length) {
    parent.splice(index, 0, value as Json);
    return;
  }
  const element = parent[index];
  if (element === undefined) throw absent(path);
  if (op === 'remove') parent.splice(index, 1);
  else parent[index] = op === 'incr' ? increased(element, value, path) : (value as Json);
}

function increased(current: Json, by: Json | undefined, path: string): number {
  if (typeof current !== 'number' || typeof by !== 'number') throw badRequest(`'${path}' is not a number.`);
  return current + by;
}

function absent(path: string) {
  return badRequest(`Patch path '${path}' does not exist.`);
}
