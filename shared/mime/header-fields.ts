// The fields of a header, unfolded, in order, their encoded words not yet decoded (RFC 5322 2.2).

import libmime from 'libmime';
import { limits } from './limits.ts';

/** The fields of one header block. Names are lower case. */
export class HeaderFields {
  #fields: Record<string, string[]>;

  /** @param block the lines of the header, of which what follows an empty line is ignored; or what libmime made of them */
  constructor(block: string | Record<string, string[]>) {
    this.#fields = typeof block === 'string' ? libmime.decodeHeaders(block) : block;
  }

  /** The first field of a name, undefined when there is none. Of duplicates the first one counts: clients show it. */
  first(name: string): string | undefined {
    const [value] = this.#written(name);
    return value === undefined ? undefined : inOneLine(value);
  }

  /** The values of all fields of a name, topmost first, each cut at the limit. */
  all(name: string): string[] {
    return this.#written(name).map(inOneLine);
  }

  #written(name: string): string[] {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? []) : [];
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
