// MAPI properties as TNEF carries them: a list of tags with values (MS-OXTNEF 2.1.3.4).

import { decodeCodepage } from './codepage.ts';
import { limits } from './limits.ts';

/** The properties that a mail is read from, by identifier (MS-OXPROPS). */
export const property = {
  messageClass: 0x001a,
  subject: 0x0037,
  body: 0x1000,
  rtfCompressed: 0x1009,
  html: 0x1013,
  displayName: 0x3001,
  attachData: 0x3701,
  attachFilename: 0x3704,
  attachMethod: 0x3705,
  attachLongFilename: 0x3707,
  attachMimeTag: 0x370e,
  attachContentId: 0x3712,
  internetCodepage: 0x3fde,
} as const;

const wanted: ReadonlySet<number> = new Set(Object.values(property));

/** Values of those properties by identifier: texts decoded, numbers of 16 and 32 bits, bytes. */
export type Properties = Map<number, string | number | Buffer>;

/** Bytes of a value by its type (MS-OXCDATA 2.11.1), filled up to four. Others begin with their length. */
const fixedSizes: Record<number, number> = {
  0: 0,
  1: 0,
  2: 4,
  3: 4,
  4: 4,
  5: 8,
  6: 8,
  7: 8,
  10: 4,
  11: 4,
  20: 8,
  64: 8,
  72: 16,
};
const variableTypes = new Set([0x0d, 0x1e, 0x1f, 0x102]);
const multiple = 0x1000;

/**
 * Reads a list of properties into `found`, as far as it goes.
 *
 * @param codepage of the texts that are not Unicode
 * @returns whether all of it could be read
 */
export function readProperties(bytes: Buffer, codepage: number, found: Properties): boolean {
  if (bytes.length < 4) return false;
  const count = bytes.readUInt32LE(0);
  let at = 4;
  // What does not fit is found by reading beyond the end, which throws.
  try {
    for (let read = 0; read < count; read++) {
      const type = bytes.readUInt16LE(at);
      const id = bytes.readUInt16LE(at + 2);
      at += 4;
      if (id >= 0x8000) at = afterName(bytes, at);
      const baseType = type & ~multiple;
      const isVariable = variableTypes.has(baseType);
      const values = isVariable || type & multiple ? bytes.readUInt32LE(at) : 1;
      if (isVariable || type & multiple) at += 4;
      const size = fixedSizes[baseType];
      if (!isVariable && size === undefined) return false;
      if (size === 0) continue;
      for (let value = 0; value < values; value++) {
        const length = isVariable ? bytes.readUInt32LE(at) : (size as number);
        const start = isVariable ? at + 4 : at;
        at = start + Math.ceil(length / 4) * 4;
        if (start + length > bytes.length) return false;
        if (wanted.has(id) && !found.has(id))
          keep(found, id, baseType, bytes.subarray(start, start + length), codepage);
      }
    }
    return true;
  } catch {
    return false;
  }
}

/** A named property has a GUID and a number or a name, which may be any program's. */
function afterName(bytes: Buffer, at: number): number {
  const isNumber = bytes.readUInt32LE(at + 16) === 0;
  return isNumber ? at + 24 : at + 24 + Math.ceil(bytes.readUInt32LE(at + 20) / 4) * 4;
}

function keep(found: Properties, id: number, type: number, value: Buffer, codepage: number): void {
  if (type === 0x02) found.set(id, value.readUInt16LE(0));
  else if (type === 0x03) found.set(id, value.readUInt32LE(0));
  else if (type === 0x1e) found.set(id, decodeText(value, codepage));
  else if (type === 0x1f) found.set(id, untilNul(value.toString('utf16le', 0, limits.textBytes)));
  else if (type === 0x0d || type === 0x102) found.set(id, value);
}

/** Texts end in NUL. */
export function decodeText(bytes: Buffer, codepage: number): string {
  return untilNul(decodeCodepage(bytes.subarray(0, limits.textBytes), codepage));
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
