// Content transfer encodings undone (RFC 2045 6), for texts held whole and for multiparts that stream by encoded.

import { Base64Decoder } from './base64.ts';

const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;

const hexDigits = new Uint8Array(256).fill(255);
for (const digit of '0123456789abcdefABCDEF') hexDigits[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/** Undoes an encoding piece by piece. */
export type TransferDecoder = { write(bytes: Buffer): Buffer; end(): Buffer };

/** @returns null for an encoding that leaves the bytes as they are */
export function transferDecoder(encoding: string): TransferDecoder | null {
  if (encoding === 'base64') return new Base64Decoder();
  return encoding === 'quoted-printable' ? new QuotedPrintableDecoder() : null;
}

/** Decodes line by line; the line that is not there yet waits, unless it is this long. */
const longestLine = 64 * 1024;

class QuotedPrintableDecoder implements TransferDecoder {
  #rest: Buffer = Buffer.alloc(0);

  write(bytes: Buffer): Buffer {
    const all = Buffer.concat([this.#rest, bytes]);
    let end = all.lastIndexOf(LF) + 1;
    const decoded = [decodeQuotedPrintable(all.subarray(0, end))];
    // Cut where every way of arriving cuts it, and not inside `=3D`.
    while (all.length - end > longestLine) {
      const cut = [0, 1, 2].find(
        back => back === 2 || all[end + longestLine - 3 + back] === EQUALS,
      ) as number;
      const next = end + longestLine - 3 + cut;
      decoded.push(decodeQuotedPrintable(all.subarray(end, next)));
      end = next;
    }
    this.#rest = all.subarray(end);
    return Buffer.concat(decoded);
  }

  end(): Buffer {
    return decodeQuotedPrintable(this.#rest);
  }
}

/** RFC 2045 6.7: `=` and two digits is a byte, `=` at the end of a line joins it with the next, blanks there are dropped. */
function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  /** Where the blanks begin that what was written ends in. */
  let solid = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === EQUALS) {
      const high = hexDigits[bytes[at + 1] ?? 0] as number;
      const low = hexDigits[bytes[at + 2] ?? 0] as number;
      const next = endOfLine(bytes, at + 1);
      if (high < 16 && low < 16) {
        out[length++] = high * 16 + low;
        at += 2;
      } else if (next > 0) at = next - 1;
      else out[length++] = byte;
      solid = length;
      continue;
    }
    if (byte === LF) {
      length = solid;
      if (bytes[at - 1] === CR) out[length++] = CR;
    }
    out[length++] = byte;
    if (!isBlank(byte) && byte !== CR) solid = length;
  }
  return out.subarray(0, length);
}

/** Where the next line begins, when nothing but blanks stands before it; 0 otherwise. */
function endOfLine(bytes: Buffer, start: number): number {
  let at = start;
  while (at < bytes.length && isBlank(bytes[at])) at++;
  if (at === bytes.length) return at;
  if (bytes[at] === CR) at++;
  return at === bytes.length || bytes[at] === LF ? Math.min(at + 1, bytes.length) : 0;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}
