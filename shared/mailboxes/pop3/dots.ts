// The end of a multi-line POP3 response, and the dots it was stuffed with (RFC 1939 3): bytes in, the very bytes of the mail out.

const CR = 13;
const LF = 10;
const DOT = 46;

/** What a chunk brought: pieces of the content, and once the terminating line was read, the bytes that follow it. */
export type Unstuffed = { pieces: Buffer[]; rest: Buffer | undefined };

/** Where in a line the next byte is. Only CRLF ends a line: mails hold bare CR and bare LF too. */
type Place = 'lineStart' | 'afterDot' | 'afterDotCr' | 'inLine' | 'afterCr';

/** Reads one response, in chunks cut anywhere. Content is passed on as slices of the chunks, not copied. */
export class DotReader {
  #place: Place = 'lineStart';

  /** Reads the next chunk; not to be called after `rest` was given. */
  read(chunk: Buffer): Unstuffed {
    const pieces: Buffer[] = [];
    const pass = (from: number, to: number) => {
      if (to > from) pieces.push(chunk.subarray(from, to));
    };
    let from = 0;
    let at = 0;
    while (at < chunk.length) {
      const byte = chunk[at];
      switch (this.#place) {
        case 'inLine': {
          const cr = chunk.indexOf(CR, at);
          at = cr === -1 ? chunk.length : cr + 1;
          if (cr !== -1) this.#place = 'afterCr';
          continue;
        }
        case 'lineStart':
          if (byte === DOT) {
            pass(from, at);
            from = at + 1;
            this.#place = 'afterDot';
          } else this.#place = byte === CR ? 'afterCr' : 'inLine';
          break;
        case 'afterCr':
          this.#place = byte === LF ? 'lineStart' : byte === CR ? 'afterCr' : 'inLine';
          break;
        case 'afterDot':
          // The first dot of a line was stuffed, unless the line is that dot alone.
          this.#place = byte === CR ? 'afterDotCr' : 'inLine';
          from = byte === CR ? at + 1 : at;
          break;
        case 'afterDotCr':
          if (byte === LF) return { pieces, rest: chunk.subarray(at + 1) };
          pieces.push(Buffer.from([CR]));
          from = at;
          this.#place = byte === CR ? 'afterCr' : 'inLine';
          break;
      }
      at += 1;
    }
    if (this.#place !== 'afterDot' && this.#place !== 'afterDotCr') pass(from, chunk.length);
    return { pieces, rest: undefined };
  }
}
