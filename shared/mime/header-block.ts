// The lines of one header as they stream by: where they end, and what has to be mended among them (RFC 5322 2.2).

import { isUtf8 } from 'node:buffer';
import type { Defects } from './defects.ts';
import { limits } from './limits.ts';

/** Collects the lines of a header until its end. */
export class HeaderBlock {
  /** Ready for mailparser: UTF-8, each ends in CR LF. */
  readonly lines: Buffer[] = [];
  #bytes = 0;
  /** The last line, when it is no field: a second one in a row means that the body has begun. */
  #suspect: Buffer | null = null;
  #defects: Defects;

  constructor(defects: Defects) {
    this.#defects = defects;
  }

  get empty(): boolean {
    return this.lines.length === 0 && !this.#suspect;
  }

  /**
   * Takes a line.
   *
   * @param continued whether it is the rest of a line too long to be held
   * @returns null while the header goes on; at its end the lines that belong to the body already
   */
  take(line: Buffer, continued: boolean): Buffer[] | null {
    const text = line.toString('latin1').replace(/[\r\n]+$/, '');
    // A line alone that is no field is what the part says, not its header.
    if (text === '') return this.lines.length === 0 && this.#suspect ? this.#endMissing(line) : this.#end([]);
    const isField = /^[\x21-\x39\x3b-\x7e]+[ \t]*:/.test(text);
    if (isField || continued || (/^[ \t]/.test(text) && this.lines.length > 0)) {
      this.#settleSuspect();
      // Blanks before the colon are obsolete syntax, and `From :` would be taken for the separator below.
      this.#keep(text.replace(/^([^\s:]+)[ \t]+:/, '$1:'));
      return null;
    }
    // The separator of an mbox file, which some gateways leave in the header.
    if (/^>?From /.test(text)) return null;
    if (text.startsWith('--') || this.#suspect) return this.#endMissing(line);
    this.#suspect = line;
    return null;
  }

  #endMissing(line: Buffer): Buffer[] {
    this.#defects.add('header_end_missing', 'A header does not end in an empty line.');
    return this.#end(this.#suspect ? [this.#suspect, line] : [line]);
  }

  #end(body: Buffer[]): Buffer[] {
    if (body.length > 0) this.#suspect = null;
    this.#settleSuspect();
    return body;
  }

  /** A lone line that is no field was most likely folded without indenting. */
  #settleSuspect(): void {
    if (!this.#suspect) return;
    this.#defects.add('header_malformed', 'A header line is not a field.');
    if (this.lines.length > 0) this.#keep(` ${this.#suspect.toString('latin1').trim()}`);
    this.#suspect = null;
  }

  #keep(text: string): void {
    const room = Math.max(limits.headerBytes - this.#bytes, 0);
    this.#bytes += text.length;
    const kept = text.slice(0, room);
    if (kept.length < text.length) {
      const message = `A header is larger than ${limits.headerBytes} bytes; its end was left out.`;
      this.#defects.add('header_too_large', message);
    }
    // The beginning of a long field is worth keeping, the beginning of a name is not.
    if (/^[^:]+:|^[ \t]/.test(kept))
      this.lines.push(asUtf8(Buffer.from(`${kept}\r\n`, 'latin1'), this.#defects));
  }
}

/** RFC 6532 allows UTF-8 in headers; other bytes are read as Windows-1252. */
function asUtf8(line: Buffer, defects: Defects): Buffer {
  if (isUtf8(line)) return line;
  defects.add(
    'header_charset_guessed',
    'A header has bytes that are not UTF-8; they were read as windows-1252.',
  );
  // Inside an encoded word the bytes are of its own charset, only not encoded: they are encoded here.
  const encoded = line
    .toString('latin1')
    .replace(/=\?[^?\s]{1,60}\?[Qq]\?[^?]*\?=/g, word =>
      word.replace(/[\x80-\xff]/g, byte => `=${byte.charCodeAt(0).toString(16).toUpperCase()}`),
    );
  return Buffer.from(new TextDecoder('windows-1252').decode(Buffer.from(encoded, 'latin1')));
}
