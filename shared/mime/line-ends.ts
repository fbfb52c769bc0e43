// Line ends of a mail as RFC 5322 2.1 has them, where some gateway has consistently written others.

import type { Defects } from './defects.ts';

/** The beginning of the mail that tells which line ends it has. */
const probeBytes = 4096;
const none = Buffer.alloc(0);

/** Takes the bytes of a mail and gives the same with LF where all lines end in CR, and CR LF where they end in CR CR LF. */
export class LineEnds {
  /** The first bytes, until there are enough to tell. */
  #beginning: Buffer | null = none;
  #repair: ((text: string) => string) | null = null;
  /** How many CR came last: what follows tells what they are. Counted, for there may be any number of them. */
  #carriageReturns = 0;
  #defects: Defects;

  constructor(defects: Defects) {
    this.#defects = defects;
  }

  /** @returns what is certain so far; the bytes themselves where nothing has to be repaired */
  write(bytes: Buffer): Buffer {
    if (!this.#beginning) return this.#repaired(bytes);
    this.#beginning = this.#beginning.length === 0 ? bytes : Buffer.concat([this.#beginning, bytes]);
    return this.#beginning.length < probeBytes ? none : this.#begun(this.#beginning);
  }

  end(): Buffer {
    if (this.#beginning) return Buffer.concat([this.#begun(this.#beginning), this.#held()]);
    return this.#held();
  }

  #held(): Buffer {
    return this.#repair ? Buffer.from(this.#repair('\r'.repeat(this.#carriageReturns))) : none;
  }

  #begun(bytes: Buffer): Buffer {
    this.#beginning = null;
    this.#probe(bytes.toString('latin1', 0, probeBytes));
    // A byte order mark would be part of the first field's name.
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return this.#repaired(hasMark ? bytes.subarray(3) : bytes);
  }

  #repaired(bytes: Buffer): Buffer {
    if (!this.#repair) return bytes;
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0x0d) end--;
    const before = end > 0 ? this.#carriageReturns : 0;
    this.#carriageReturns += bytes.length - end - before;
    return Buffer.from(this.#repair('\r'.repeat(before) + bytes.toString('latin1', 0, end)), 'latin1');
  }

  #probe(beginning: string): void {
    if (!beginning.includes('\n') && beginning.includes('\r')) {
      this.#defects.add('bare_carriage_returns', 'Lines end in CR alone; they were read as line ends.');
      this.#repair = text => text.replaceAll('\r', '\n');
    } else if (beginning.includes('\r\r\n') && !/(?<!\r\r)\n/.test(beginning)) {
      // Only from the first CR of several is an LF looked for.
      this.#repair = text => text.replace(/(?<!\r)\r+\n/g, '\r\n');
    }
  }
}
