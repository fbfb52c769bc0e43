// JSON as it arrives: the types of parsed values and the few questions asked of them.

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of property names; undefined where the path leads nowhere. */
export function valueAt(value: Json, path: readonly string[]): Json | undefined {
  let current: Json | undefined = value;
  for (const name of path) {
    current = isObject(current) && Object.hasOwn(current, name) ? current[name] : undefined;
  }
  return current;
}

/** Bytes of a text as UTF-8: what the service's limits count. */
export function sizeBytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
