// Line ends of a mail as RFC 5322 2.1 has them, where some gateway has consistently written others.

import { Transform, type TransformCallback } from 'node:stream';
import type { Defects } from './defects.ts';

/** The beginning of the mail that tells which line ends it has. */
const probeBytes = 4096;

/** A transform from the bytes of a mail to the same with LF where all lines end in CR, and CR LF where they end in CR CR LF. */
export class LineEnds extends Transform {
  #probed = false;
  #repair: ((text: string) => string) | null = null;
  #held: Buffer = Buffer.alloc(0);
  #defects: Defects;

  constructor(defects: Defects) {
    super();
    this.#defects = defects;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    if (!this.#probed && bytes.length < probeBytes) {
      this.#held = bytes;
      done();
    } else done(null, this.#repaired(bytes, false));
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#repaired(this.#held, true));
  }

  #repaired(bytes: Buffer, final: boolean): Buffer {
    if (!this.#probed) {
      this.#probe(bytes.toString('latin1', 0, probeBytes));
      // A byte order mark would be part of the first field's name.
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
        return this.#repaired(bytes.subarray(3), final);
    }
    // A CR at the end may be one of several.
    let end = bytes.length;
    if (this.#repair && !final) while (end > 0 && bytes[end - 1] === 0x0d) end--;
    this.#held = bytes.subarray(end);
    return this.#repair ? Buffer.from(this.#repair(bytes.toString('latin1', 0, end)), 'latin1') : bytes;
  }

  #probe(beginning: string): void {
    this.#probed = true;
    if (!beginning.includes('\n') && beginning.includes('\r')) {
      this.#defects.add('bare_carriage_returns', 'Lines end in CR alone; they were read as line ends.');
      this.#repair = text => text.replaceAll('\r', '\n');
    } else if (beginning.includes('\r\r\n') && !/(?<!\r\r)\n/.test(beginning)) {
      this.#repair = text => text.replace(/\r+\n/g, '\r\n');
    }
  }
}
