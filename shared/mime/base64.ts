// Base64 undone (RFC 2045 6.8), as it comes: whole or in pieces, damaged, joined from several, or no base64 at all.

const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;

/** Six bits for each character of the alphabet, 255 for all others. */
const bitsOf = new Uint8Array(256).fill(255);
for (const [bits, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries())
  bitsOf[character.charCodeAt(0)] = bits;

/** What is outside of the alphabet is skipped; padding ends a piece that another may follow, as some programs join them. */
export class Base64Decoder {
  #bits = 0;
  #characters = 0;
  #padding = 0;
  #isPlain = true;

  /** Whether nothing came but lines of base64, and padding at their end. What comes in pieces may be said to be more. */
  get isPlain(): boolean {
    return this.#isPlain && this.#padding <= 2;
  }

  write(bytes: Buffer): Buffer {
    const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 3) / 4) + 3);
    const alike = this.#characters === 0 && this.#padding === 0 ? decodeLinesAlike(bytes, out) : nothing;
    let { length } = alike;
    for (let at = alike.end; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      const bits = bitsOf[byte] as number;
      if (bits === 255) {
        if (byte === EQUALS) {
          length = this.#finish(out, length);
          this.#padding++;
        } else if (byte !== LF && !(byte === CR && bytes[at + 1] === LF)) this.#isPlain = false;
        continue;
      }
      if (this.#padding > 0) this.#isPlain = false;
      this.#bits = (this.#bits << 6) | bits;
      if (++this.#characters < 4) continue;
      out[length++] = this.#bits >> 16;
      out[length++] = this.#bits >> 8;
      out[length++] = this.#bits;
      this.#bits = 0;
      this.#characters = 0;
    }
    return out.subarray(0, length);
  }

  end(): Buffer {
    const out = Buffer.alloc(2);
    return out.subarray(0, this.#finish(out, 0));
  }

  #finish(out: Buffer, length: number): number {
    let end = length;
    if (this.#characters === 2) out[end++] = this.#bits >> 4;
    if (this.#characters === 3) {
      out[end++] = this.#bits >> 10;
      out[end++] = this.#bits >> 2;
    }
    this.#bits = 0;
    this.#characters = 0;
    return end;
  }
}

/**
 * Decodes base64 that is there as a whole.
 *
 * @returns null unless it is lines of base64 with padding at their end and nothing else: then it may be something else
 */
export function decodePlainBase64(encoded: Buffer): Buffer | null {
  const decoder = new Base64Decoder();
  const decoded = decoder.write(encoded);
  const end = decoder.end();
  if (!decoder.isPlain) return null;
  return end.length === 0 ? decoded : Buffer.concat([decoded, end]);
}

const nothing = { end: 0, length: 0 };

/**
 * Decodes the lines at the beginning that are as long as the first, as nearly all are, several times faster than above.
 *
 * @returns the end of those lines, and how many bytes are written; nothing where they are not quartets of characters
 */
function decodeLinesAlike(bytes: Buffer, out: Buffer): { end: number; length: number } {
  const lineLength = bytes.indexOf(LF) + 1;
  const breakLength = bytes[lineLength - 2] === CR ? 2 : 1;
  const characters = lineLength - breakLength;
  if (characters < 4 || characters % 4 !== 0) return nothing;
  let end = lineLength;
  while (isBreak(bytes, end + characters, breakLength)) end += lineLength;
  // Padding is only at the end of the last.
  if (bytes[end - breakLength - 1] === EQUALS) end -= lineLength;
  const lines = bytes.subarray(0, end);
  // Node takes them for `+` and `/`, as URLs have them.
  if (lines.includes('-') || lines.includes('_')) return nothing;
  const length = out.write(lines.toString('latin1'), 'base64');
  // It skips what is outside of the alphabet; then there are fewer bytes.
  return length === ((end / lineLength) * characters * 3) / 4 ? { end, length } : nothing;
}

function isBreak(bytes: Buffer, at: number, length: number): boolean {
  return length === 2 ? bytes[at] === CR && bytes[at + 1] === LF : bytes[at] === LF;
}
