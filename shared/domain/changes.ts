// What a change changed, member by member, for the audit trail.
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject, type JsonValue } from './merge-patch.ts';

/** One member that changed; absent is null. Lists count as one member. */
export type Change = { field: string; from: JsonValue; to: JsonValue };

/** Stands in the trail for a secret, on both sides of a change. */
export const maskedSecret = '***';

/** Every member that differs between two records (plain JSON); undefined is a record that does not exist. */
export function changesBetween(before: object | undefined, after: object | undefined): Change[] {
  const from = members(before);
  const to = members(after);
  const fields = new Set([...from.keys(), ...to.keys()]);
  return [...fields].flatMap(field => {
    const change = { field, from: from.get(field) ?? null, to: to.get(field) ?? null };
    return isDeepStrictEqual(change.from, change.to) ? [] : [change];
  });
}

function members(record: object | undefined, prefix = ''): Map<string, JsonValue> {
  const entries = Object.entries((record ?? {}) as JsonObject);
  return new Map(
    entries.flatMap(([name, value]): [string, JsonValue][] =>
      isJsonObject(value) ? [...members(value, `${prefix}${name}.`)] : [[`${prefix}${name}`, value]],
    ),
  );
}
