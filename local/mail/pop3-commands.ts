// Cuts what a POP3 client sends into commands: one a line (RFC 1939 3).
import type { Piece } from './command-reader.ts';

export class Pop3CommandReader {
  #pending = Buffer.alloc(0);

  /** The lines that are whole; POP3 has no tags. */
  *read(chunk: Buffer): Generator<Piece> {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (let end = this.#pending.indexOf('\n'); end !== -1; end = this.#pending.indexOf('\n')) {
      const bytes = this.#pending.subarray(0, end + 1);
      this.#pending = this.#pending.subarray(end + 1);
      yield { bytes, command: { tag: '', text: bytes.toString('latin1').trimEnd() } };
    }
  }
}
