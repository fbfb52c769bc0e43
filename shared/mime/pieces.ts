// Bytes that stream by, cut into lines; into many lines at once where only those that begin with a dash can matter.

const LF = 0x0a;
export const DASH = 0x2d;
/** A line is waited for until its end, unless it is this long. */
const longestLine = 64 * 1024;

/** Takes one piece; `lineStart` is false for the rest of a line too long to be held. */
type Take = (piece: Buffer, lineStart: boolean) => void;

export class Pieces {
  /** The beginning of a line. */
  #rest: Buffer = Buffer.alloc(0);
  #lineStart = true;
  #lineByLine: () => boolean;
  #take: Take;

  /** @param lineByLine asked before each piece whether it has to be a single line */
  constructor(lineByLine: () => boolean, take: Take) {
    this.#lineByLine = lineByLine;
    this.#take = take;
  }

  write(chunk: Buffer): void {
    if (this.#rest.length === 0) {
      this.#cut(chunk, false);
      return;
    }
    // The line that was begun is joined, not all that has come.
    const lineEnd = chunk.indexOf(LF) + 1 || chunk.length;
    this.#cut(Buffer.concat([this.#rest, chunk.subarray(0, lineEnd)]), false);
    if (lineEnd < chunk.length) this.#cut(chunk.subarray(lineEnd), false);
  }

  end(): void {
    this.#cut(this.#rest, true);
  }

  #cut(buffer: Buffer, final: boolean): void {
    let at = 0;
    while (at < buffer.length) {
      const whole = final || buffer.length - at > longestLine;
      const end = this.#pieceEnd(buffer, at) || (whole ? buffer.length : 0);
      if (end === 0) break;
      const lineStart = this.#lineStart;
      this.#lineStart = buffer[end - 1] === LF;
      this.#take(buffer.subarray(at, end), lineStart);
      at = end;
    }
    this.#rest = buffer.subarray(at);
  }

  /** The end of the line, or of all lines that are content for certain; 0 when it is not there yet. */
  #pieceEnd(buffer: Buffer, at: number): number {
    if (this.#lineByLine() || (this.#lineStart && buffer[at] === DASH)) return buffer.indexOf(LF, at) + 1;
    const beforeDashes = buffer.indexOf('\n--', at);
    const end = beforeDashes >= 0 ? beforeDashes : buffer.lastIndexOf(LF);
    return end >= at ? end + 1 : 0;
  }
}
