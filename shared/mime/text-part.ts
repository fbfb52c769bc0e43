// The text of a part as UTF-8, whatever its header says of transfer encoding and charset.

import { isUtf8 } from 'node:buffer';
import { decodePlainBase64 } from './base64.ts';
import { charsetOfMark, decodeFrom, findCharset, isSingleByte } from './charset.ts';
import { charsetName } from './charset-name.ts';
import type { Defects } from './defects.ts';
import type { PartHeader } from './part-header.ts';
import { transferDecoder } from './transfer-encoding.ts';

const LF = 0x0a;
const CR = 0x0d;

/**
 * Reads a text as UTF-8.
 *
 * @param header of a text, or of a multipart that is none
 * @param content all of the part, in its transfer encoding
 */
export function readText(header: PartHeader, content: Buffer, defects: Defects): Buffer {
  const { value, params } = header.contentType;
  const bytes = decodeTransfer(content, header.encoding, params.charset, defects);
  const charset = findCharset(params.charset, bytes, value === 'text/html', defects);
  const isRight = charset === 'utf-8' && isUtf8(bytes);
  return isRight ? bytes : Buffer.from(decodeFrom(charset, bytes));
}

/** A text without the line break that belongs to the delimiter behind it (RFC 2046 5.1.1). */
export function withoutLineBreak(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== LF) return bytes;
  return bytes.subarray(0, bytes.at(-2) === CR ? -2 : -1);
}

function decodeTransfer(
  content: Buffer,
  encoding: string,
  charset: string | undefined,
  defects: Defects,
): Buffer {
  // So much of nothing else is no words by accident.
  const whole = encoding === 'base64' && content.length > longestWords ? decodePlainBase64(content) : null;
  if (whole) return whole;
  const plain = encoding === 'base64' ? plainFrom(content, charset) : content.length;
  if (plain < content.length)
    defects.add('encoding_wrong', 'A text is declared as base64 but it is not, or not all of it.');
  const decoded = undo(content.subarray(0, plain), encoding);
  const isJoined = plain > 0 && plain < content.length && content[plain] !== LF && decoded.at(-1) !== LF;
  if (plain === content.length) return decoded;
  return Buffer.concat([decoded, Buffer.from(isJoined ? '\n' : ''), content.subarray(plain)]);
}

function undo(encoded: Buffer, encoding: string): Buffer {
  const decoder = transferDecoder(encoding);
  return decoder ? Buffer.concat([decoder.write(encoded), decoder.end()]) : encoded;
}

/** Words without a mark between them, each a line perhaps, are not longer. */
const longestWords = 100;
/** Characters of a line that may be padded base64 with something behind it. */
const longestPadded = 1000;

/**
 * Where plain text begins in what is declared as base64: programs declare it and send text, lists add a footer. Base64
 * with a damaged character here and there is base64.
 */
function plainFrom(content: Buffer, charset: string | undefined): number {
  const text = content.toString('latin1');
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\n', at) + 1 || text.length;
    if (!/^[A-Za-z0-9+/]*={0,3}[ \t\r\n]*$/.test(text.slice(at, end))) break;
    at = end;
  }
  // Padding ends it, whatever stands behind.
  at += /^[A-Za-z0-9+/]{2,}={1,2}(?!=)/.exec(text.slice(at, at + longestPadded))?.[0].length ?? 0;
  const rest = text.slice(at);
  if (/^[A-Za-z0-9+/]{60,}\r?$/m.test(rest)) return text.length;
  const isBase64 = () => isBase64Text(content.subarray(0, at), charset);
  if (rest.trim() === '') return at > longestWords || isBase64() ? text.length : 0;
  return isBase64() ? at : 0;
}

/** Whether lines of nothing but the alphabet are base64 and not words by accident, `Obrigado` for example. */
function isBase64Text(lines: Buffer, charset: string | undefined): boolean {
  const characters = lines.toString('latin1').replace(/\s/g, '').length;
  if (characters === 0 || characters % 4 !== 0) return false;
  const name = charset ? charsetName(charset) : undefined;
  if (name && name !== 'utf-8' && !isSingleByte(name)) return true;
  const bytes = undo(lines, 'base64');
  if (charsetOfMark(bytes)) return true;
  if (bytes.some(byte => byte < 0x09 || (byte > 0x0d && byte < 0x20))) return false;
  const text = bytes.toString('latin1');
  return isUtf8(bytes) || text.replace(/[^\sa-z]/gi, '').length > text.length * 0.6;
}
