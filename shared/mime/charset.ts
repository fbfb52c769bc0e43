// Which charset a text part is really in, told from its beginning: what mail declares is missing or wrong too often.

import { isAscii, isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import libmime from 'libmime';
import type { Defects } from './defects.ts';

/** So much of a text is looked at, in its transfer encoding. A charset that shows itself later is not found. */
export const sampleBytes = 64 * 1024;

const utf8 = new TextDecoder('utf-8');
/** Declared by programs whatever they send; anything else that is known is believed. */
const oftenWrong = /^(?:utf-?8|(?:us-)?ascii|ansi.*|iso-?8859-1|latin-?1|windows-1252|cp1252)$/i;

/**
 * The charset that a text part has to be declared in to be read rightly: UTF-8 when it is valid (RFC 6532 made it the
 * default of the field), else Windows-1252, of which Latin-1 is a part. Text declared as Latin-1 that is valid UTF-8
 * is UTF-8: the opposite is practically never written by people.
 *
 * @param declared the charset parameter, undefined without one
 * @param content the part in its transfer encoding, as far as it has come: more than `sampleBytes`, or all of it
 */
export function findCharset(
  declared: string | undefined,
  content: Buffer,
  encoding: string,
  isHtml: boolean,
  defects: Defects,
): string {
  const sample = decodeBeginning(content, encoding);
  const known = declared !== undefined && libmime.createDecodeStream(declared).supported;
  if (declared && !known)
    defects.add('charset_unknown', `The charset "${declared.slice(0, 50)}" is not known.`);
  if (known && !oftenWrong.test(declared)) return declared;
  if (!known && (sample.includes('\x1b$B') || sample.includes('\x1b$@'))) return 'iso-2022-jp'; // RFC 1468
  if (!known && isHtml) {
    const named = charsetOfHtml(sample);
    if (named && libmime.createDecodeStream(named).supported && !oftenWrong.test(named)) return named;
  }
  if (isAscii(sample)) return known ? declared : 'utf-8';

  const latin = known && !/^utf|ascii/i.test(declared);
  if (isUtf8(sample)) {
    if (latin) defects.add('charset_wrong', `The text is declared as ${declared} but it is UTF-8.`);
    return 'utf-8';
  }
  if (latin) return 'windows-1252';
  if (isDamagedUtf8(sample)) {
    defects.add('charset_damaged', 'The text has bytes that its charset does not allow.');
    return 'utf-8';
  }
  defects.add('charset_guessed', 'The text is not in its charset; it was read as windows-1252.');
  return 'windows-1252';
}

/** One damaged character among many right ones is damage; nothing but invalid sequences is another charset. */
function isDamagedUtf8(bytes: Uint8Array): boolean {
  let right = 0;
  let damaged = 0;
  for (const character of utf8.decode(bytes)) {
    if (character === '\ufffd') damaged++;
    else if (character > '\x7f') right++;
  }
  return right > damaged;
}

/** HTML 13.2.3.2: a charset named within the first 1,024 bytes, for parts whose header names none. */
function charsetOfHtml(bytes: Buffer): string | undefined {
  const beginning = bytes.toString('latin1', 0, 1024);
  return /<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(beginning)?.[1];
}

/** Good enough to tell a charset. Where it is cut, what follows the last line break may end inside a character. */
function decodeBeginning(content: Buffer, encoding: string): Buffer {
  let text = content.toString('latin1', 0, sampleBytes);
  if (encoding === 'base64') text = Buffer.from(text, 'base64').toString('latin1');
  if (encoding === 'quoted-printable') {
    text = text
      .replace(/=[ \t]*\r?\n/g, '')
      .replace(/=([0-9a-f]{2})/gi, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  const isCut = content.length > sampleBytes;
  return Buffer.from((isCut && text.slice(0, text.lastIndexOf('\n') + 1)) || text, 'latin1');
}
