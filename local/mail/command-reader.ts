// Cuts what an IMAP client sends into commands, without being fooled by literals (RFC 9051 4.3).

/** A piece of what the client sent. Only the first line of a command says which command it is. */
export type Piece = { bytes: Buffer; command?: { tag: string; text: string } };

/** Reads chunks as they come and gives whole lines and literals; a line that has not ended yet is kept. */
export class CommandReader {
  #pending = Buffer.alloc(0);
  #literalBytes = 0;
  #insideCommand = false;
  #opaque = false;

  *read(chunk: Buffer): Generator<Piece> {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length > 0) {
      const piece = this.#next();
      if (!piece) return;
      yield piece;
    }
  }

  #next(): Piece | undefined {
    if (this.#opaque) return { bytes: this.#cut(this.#pending.length) };
    if (this.#literalBytes > 0) {
      const bytes = this.#cut(Math.min(this.#literalBytes, this.#pending.length));
      this.#literalBytes -= bytes.length;
      return { bytes };
    }
    const end = this.#pending.indexOf('\n');
    if (end === -1) return undefined;
    const bytes = this.#cut(end + 1);
    const line = bytes.toString('latin1').trimEnd();
    const [, tag, text] = this.#insideCommand ? [] : (/^(\S+) (.+)$/.exec(line) ?? []);
    const [, literal] = /\{(\d+)\+?\}$/.exec(line) ?? [];
    this.#literalBytes = Number(literal ?? 0);
    this.#insideCommand = literal !== undefined;
    if (tag === undefined || text === undefined) return { bytes };
    // What follows is TLS or deflate, and has no lines.
    this.#opaque = /^(STARTTLS|COMPRESS)\b/i.test(text);
    return { bytes, command: { tag, text } };
  }

  #cut(length: number): Buffer {
    const bytes = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    return bytes;
  }
}
