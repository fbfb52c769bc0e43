// The fields of a header, unfolded, in order, their encoded words not yet decoded (RFC 5322 2.2).

import libmime from 'libmime';
import { limits } from './limits.ts';

/** Ends of lines within a field that are no folding, as damage leaves them: libmime takes what follows for another field. */
const strayBreak = /\r(?!\n)|\n(?![ \t]|$)|[\u2028\u2029]/;

/** The fields of one header block. Names are lower case. */
export class HeaderFields {
  #fields: Record<string, string[]> = {};
  /** Those that nobody has asked for yet, as nobody does for most. */
  #lines = new Map<string, string[]>();

  /** @param header its lines, of which what follows an empty line is ignored; or its fields, which end in CR LF */
  constructor(header: string | string[]) {
    if (typeof header === 'string') this.#fields = libmime.decodeHeaders(header);
    else if (header.some(line => strayBreak.test(line)))
      this.#fields = libmime.decodeHeaders(header.join(''));
    else for (const line of header) this.#keep(line);
  }

  /** The first field of a name, undefined when there is none. Of duplicates the first one counts: clients show it. */
  first(name: string): string | undefined {
    const [value] = this.whole(name);
    return value === undefined ? undefined : inOneLine(value);
  }

  /** The values of all fields of a name, topmost first, each cut at the limit. */
  all(name: string): string[] {
    return this.whole(name).map(inOneLine);
  }

  /** As `all`, however long they are. */
  whole(name: string): string[] {
    const lines = this.#lines.get(name);
    if (lines) return lines.map(line => libmime.decodeHeader(line).value);
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? []) : [];
  }

  #keep(line: string): void {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    const lines = this.#lines.get(name);
    if (lines) lines.push(line);
    else this.#lines.set(name, [line]);
  }
}

function inOneLine(value: string): string {
  const kept = value.slice(0, limits.fieldCharacters);
  return (/\p{Cc}/u.test(kept) ? kept.replace(/\p{Cc}+/gu, ' ') : kept).trim();
}

/** Decodes encoded words (RFC 2047), of which most fields have none. */
export function decodeWords(field: string): string {
  return field.includes('=?') ? libmime.decodeWords(field) : field;
}
