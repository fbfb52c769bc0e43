// A block of header lines to its fields: unfolded, in order, undecoded but for their bytes (RFC 5322 2.2, RFC 6532).

import { decodeFieldBytes } from './charset.ts';
import type { Defects } from './defects.ts';
import { limits } from './limits.ts';
import { contentEnd, fieldNameLength, isMboxSeparator, LF } from './lines.ts';

/** One header field. The name is lower case; encoded words of the value are still encoded. */
export type HeaderField = { name: string; value: string };

/** The fields of one header block, in the order they stand. */
export class HeaderFields {
  readonly list: readonly HeaderField[];

  constructor(list: readonly HeaderField[]) {
    this.list = list;
  }

  /** The first field of a name, undefined when there is none. Of duplicates the first one counts: clients show it. */
  first(name: string): string | undefined {
    return this.list.find(field => field.name === name)?.value;
  }

  /** The values of all fields of a name, topmost first. */
  all(name: string): string[] {
    return this.list.filter(field => field.name === name).map(field => field.value);
  }
}

const space = Buffer.from(' ');

/**
 * Reads the fields of a header block.
 *
 * A line that is neither a field nor a continuation belongs to a field that was folded without indenting; it is
 * joined like a continuation. `From ` of an mbox file and `>From ` are no fields and are dropped.
 */
export function readHeaderBlock(block: Uint8Array, defects: Defects): HeaderFields {
  const buffer = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const fields: { name: string; lines: Buffer[] }[] = [];
  for (let start = 0; start < buffer.length; ) {
    const newline = buffer.indexOf(LF, start);
    const end = newline < 0 ? buffer.length : newline + 1;
    const line = buffer.subarray(start, contentEnd(buffer, start, end));
    start = end;
    const first = line[0];
    if (first === undefined) continue;
    const nameLength = fieldNameLength(line, 0, line.length);
    const last = fields.at(-1);
    if (nameLength > 0) {
      const name = line
        .toString('latin1', 0, nameLength - 1)
        .trimEnd()
        .toLowerCase();
      fields.push({ name, lines: [line.subarray(nameLength)] });
    } else if (isMboxSeparator(line)) {
      // An mbox separator.
    } else if (last) {
      if (first !== 0x20 && first !== 0x09) {
        defects.add('header_malformed', 'A header line is not a field.');
        last.lines.push(space);
      }
      last.lines.push(line);
    } else {
      defects.add('header_malformed', 'A header line is not a field.');
    }
  }
  return new HeaderFields(
    fields.map(field => ({ name: field.name, value: fieldValue(field.lines, defects) })),
  );
}

function fieldValue(lines: Buffer[], defects: Defects): string {
  const joined = lines.length === 1 ? (lines[0] as Buffer) : Buffer.concat(lines);
  let bytes = joined;
  if (bytes.length > limits.fieldCharacters) {
    bytes = bytes.subarray(0, limits.fieldCharacters);
    defects.add(
      'field_too_long',
      `A header field is longer than ${limits.fieldCharacters} characters; its end was left out.`,
    );
  }
  return decodeFieldBytes(bytes, defects)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
}
