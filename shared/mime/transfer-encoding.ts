// Undoes the Content-Transfer-Encoding of a part (RFC 2045 6), piece by piece, so that a large one is never held whole.

/** Decodes a part as its bytes arrive. `end` gives what was held back. */
export type TransferDecoder = {
  write(bytes: Buffer): Buffer;
  end(): Buffer;
};

const nothing = Buffer.alloc(0);

/**
 * The decoder for a Content-Transfer-Encoding. Unknown encodings are taken as they stand: real mail writes
 * "7-bit", "8bits", "text/html" or a charset there, and means no encoding (RFC 2045 6.4 would make them opaque).
 *
 * @param encoding the field's value, lower case, without comments; empty when there is none
 */
export function transferDecoder(encoding: string): TransferDecoder {
  if (encoding === 'base64') return new Base64Decoder();
  if (encoding === 'quoted-printable') return new QuotedPrintableDecoder();
  return { write: bytes => bytes, end: () => nothing };
}

/** Reads the encoding's name out of the field: `Quoted-Printable (comment);` is "quoted-printable". */
export function transferEncodingName(value: string | undefined): string {
  const name = /^[\s"']*([\w-]+)/.exec(value ?? '')?.[1]?.toLowerCase() ?? '';
  return name === 'quoted' || name === 'qp' ? 'quoted-printable' : name;
}

/** RFC 2045 6.8. Whatever is not of the alphabet is skipped, padding in the middle too (concatenated encoders). */
class Base64Decoder implements TransferDecoder {
  #held = '';

  write(bytes: Buffer): Buffer {
    const text = this.#held + bytes.toString('latin1').replace(/[^A-Za-z0-9+/=]+/g, '');
    const whole = text.length - (text.length % 4);
    this.#held = text.slice(whole);
    return decodeBase64(text.slice(0, whole));
  }

  end(): Buffer {
    const rest = this.#held;
    this.#held = '';
    return decodeBase64(rest);
  }
}

/** `Buffer.from` stops at the first padding; what follows it is decoded on its own. */
function decodeBase64(text: string): Buffer {
  const padding = text.indexOf('=');
  if (padding < 0 || /^=*$/.test(text.slice(padding))) return Buffer.from(text, 'base64');
  return Buffer.concat(text.split(/=+/).map(piece => Buffer.from(piece, 'base64')));
}

const EQUALS = 0x3d;
const LF = 0x0a;

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** RFC 2045 6.7. An `=` that begins neither an octet nor a soft line break stands for itself. */
class QuotedPrintableDecoder implements TransferDecoder {
  #held = nothing;

  /** Decodes all whole lines; the last line waits, since trailing blanks and `=` mean something at its end only. */
  write(bytes: Buffer): Buffer {
    const text = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : bytes;
    let whole = text.lastIndexOf(LF) + 1;
    if (text.length - whole > 64 * 1024) {
      // No encoder writes such a line; it is decoded up to where an escape could be cut.
      const last = text.lastIndexOf(EQUALS);
      whole = last >= text.length - 2 ? last : text.length;
    }
    this.#held = Buffer.from(text.subarray(whole));
    return decodeQuotedPrintable(text.subarray(0, whole));
  }

  end(): Buffer {
    const rest = this.#held;
    this.#held = nothing;
    return decodeQuotedPrintable(rest);
  }
}

function decodeQuotedPrintable(text: Buffer): Buffer {
  const decoded = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    if (byte !== EQUALS) {
      decoded[length++] = byte;
      continue;
    }
    const high = hexValue(text[at + 1]);
    const low = hexValue(text[at + 2]);
    if (high >= 0 && low >= 0) {
      decoded[length++] = high * 16 + low;
      at += 2;
      continue;
    }
    const lineEnd = softLineEnd(text, at + 1);
    if (lineEnd > 0) at = lineEnd - 1;
    else decoded[length++] = byte;
  }
  return decoded.subarray(0, length);
}

/** Where the next line begins when only blanks follow the `=`; 0 when it is no soft line break. */
function softLineEnd(text: Buffer, start: number): number {
  let at = start;
  while (text[at] === 0x20 || text[at] === 0x09 || text[at] === 0x0d) at++;
  if (at >= text.length) return at;
  return text[at] === LF ? at + 1 : 0;
}
