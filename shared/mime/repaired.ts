// The bytes of a repaired mail as they are put together for mailparser: its pieces, and the delimiters between parts.

const LF = 0x0a;

export class Repaired {
  #pieces: Buffer[] = [];
  /** Whether a line break came last that a delimiter may follow. */
  #isLineStart = true;

  /** What was written since this was asked for last. */
  take(): Buffer[] {
    return this.#pieces.splice(0);
  }

  write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#isLineStart = bytes.at(-1) === LF;
  }

  /** Content that was encoded: a line break at its end is its own, not that of the delimiter behind it. */
  writeDecoded(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#isLineStart = false;
  }

  writeDelimiter(boundary: string | undefined, suffix: '' | '--'): void {
    this.write(Buffer.from(`${this.#isLineStart ? '' : '\r\n'}--${boundary}${suffix}\r\n`));
  }
}
