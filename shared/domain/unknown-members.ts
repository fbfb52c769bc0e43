// What a later release keeps within a record and this one does not know: left out while a document is changed, and put back, for
// that release may come back.
import type * as z from 'zod';
import type { JsonObject } from './merge-patch.ts';

/** Where it stands, and what it is called. */
type Place = { path: readonly PropertyKey[]; name: string };

/** A document without what its schema does not know. */
export function withoutUnknown(schema: z.ZodType, document: JsonObject): JsonObject {
  const known = structuredClone(document);
  for (const { path, name } of unknownPlaces(schema, document)) delete objectAt(known, path)?.[name];
  return known;
}

/**
 * The record as it was changed, with what the schema does not know of the one before: a record has all members that are known
 * here, so what it lacks is of a later release. What is in an object that is another thing now, such as another kind of survey,
 * goes with it.
 */
export function withUnknown<Kept extends object>(schema: z.ZodType, before: Kept, changed: Kept): Kept {
  const whole = structuredClone(changed);
  for (const { path, name } of unknownPlaces(schema, before)) {
    const from = objectAt(before, path);
    const to = objectAt(whole, path);
    if (from && to && isSame(from, to) && !Object.hasOwn(to, name)) to[name] = from[name];
  }
  return whole;
}

function unknownPlaces(schema: z.ZodType, document: object): Place[] {
  const issues = schema.safeParse(document).error?.issues ?? [];
  return issues.flatMap(issue =>
    issue.code === 'unrecognized_keys' ? issue.keys.map(name => ({ path: issue.path, name })) : [],
  );
}

type Members = Record<PropertyKey, unknown>;

function objectAt(root: object, path: readonly PropertyKey[]): Members | undefined {
  let found: unknown = root;
  for (const step of path) found = isObject(found) ? found[step] : undefined;
  return isObject(found) ? found : undefined;
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null;
}

/** By what tells objects of one place apart: the members that choose their kind, and the ids of those in lists. */
function isSame(one: Members, other: Members): boolean {
  return ['type', 'protocol', 'action', 'id', 'groupId', 'date'].every(name => one[name] === other[name]);
}
