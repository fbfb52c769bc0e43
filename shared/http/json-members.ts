// What no member of a request may hold, whatever it is for: texts that no store takes, nesting that nothing of ours needs.
import { isJsonObject, type JsonObject, type JsonValue } from '../domain/merge-patch.ts';
import type { FieldError } from '../errors.ts';

/** No document of ours is nested deeper than this. */
const DEEPEST = 16;
/** Whoever has so many faults needs no more of them. */
const MOST_TOLD = 20;

/** Every such fault of a body, each with its field. Takes no recursion, whatever the body's depth. */
export function memberFaults(body: JsonObject): FieldError[] {
  const faults: FieldError[] = [];
  const left: { field: string; value: JsonValue; depth: number }[] = [{ field: '', value: body, depth: 1 }];
  for (let next = left.pop(); next !== undefined && faults.length < MOST_TOLD; next = left.pop()) {
    const { field, value, depth } = next;
    const fault = faultOf(value, depth);
    if (fault !== undefined) faults.push({ field, message: `${field} ${fault}.` });
    else if (Array.isArray(value)) {
      const items = value.map((item, index) => ({
        field: `${field}[${index}]`,
        value: item,
        depth: depth + 1,
      }));
      for (const item of items.reverse()) left.push(item);
    } else if (isJsonObject(value)) {
      for (const [name, member] of Object.entries(value).reverse()) {
        const within = field === '' ? shown(name) : `${field}.${shown(name)}`;
        const nameFault = name === '__proto__' ? unknown : textFault(name);
        if (nameFault === undefined) left.push({ field: within, value: member, depth: depth + 1 });
        else faults.push({ field: within, message: `${within} ${nameFault}.` });
      }
    }
  }
  return faults;
}

const unknown = 'is not a member that is known here; remove it, or correct its spelling';

function faultOf(value: JsonValue, depth: number): string | undefined {
  if (typeof value === 'string') return textFault(value);
  // JSON has no limit for a number, and 1e999 is read as infinite.
  if (typeof value === 'number' && !Number.isFinite(value))
    return 'is larger than any number here; correct it';
  const isNested = typeof value === 'object' && value !== null;
  return isNested && depth > DEEPEST ? `is nested deeper than ${DEEPEST} levels; nothing here is` : undefined;
}

function textFault(text: string): string | undefined {
  if (text.includes('\0')) return 'contains a NUL character (U+0000); remove it';
  // RFC 8259 8.2: half a surrogate pair (\ud800) is no character, and UTF-8 has no bytes for it.
  return text.isWellFormed() ? undefined : 'contains half a character (a lone surrogate); correct it';
}

/** A name that may be anything, as it is told. */
function shown(name: string): string {
  return name.toWellFormed().replaceAll('\0', '\u2400').slice(0, 100);
}
