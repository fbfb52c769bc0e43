// JSON Merge Patch, RFC 7396: what is left out is kept, what is null is cleared, lists are replaced whole.

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = { [member: string]: JsonValue };

/** No document of ours is nested deeper; a patch that is would only be refused later, after eating the stack. */
const deepest = 16;

/** Whether a JSON value is an object, neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The document after the patch (RFC 7396 section 2); neither argument is changed. The result has no null members,
 * also where the patch brings a whole new object.
 */
export function applyMergePatch(document: JsonObject, patch: JsonObject): JsonObject {
  return merge(document, patch, 1);
}

/** The patch that makes a document into the one that is wanted: what that leaves out is cleared. */
export function patchTowards(document: JsonObject, wanted: JsonObject): JsonObject {
  const cleared = Object.keys(document).filter(name => !Object.hasOwn(wanted, name));
  const kept = Object.entries(wanted).map(([name, value]) => {
    const before = Object.hasOwn(document, name) ? document[name] : undefined;
    const isDeeper = isJsonObject(before) && isJsonObject(value);
    return [name, isDeeper ? patchTowards(before, value) : value] as const;
  });
  return Object.fromEntries([...cleared.map(name => [name, null] as const), ...kept]);
}

function merge(document: JsonObject, patch: JsonObject, depth: number): JsonObject {
  // A map, because assigning a member called __proto__ would not make a member.
  const merged = new Map(Object.entries(document));
  for (const [name, value] of Object.entries(patch)) {
    const before = merged.get(name);
    if (value === null) merged.delete(name);
    else if (isJsonObject(value) && depth < deepest)
      merged.set(name, merge(isJsonObject(before) ? before : {}, value, depth + 1));
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}
