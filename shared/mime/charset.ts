// Which charset a text is really in, told from its bytes: what mail declares is missing or wrong too often.

import { isAscii, isUtf8 } from 'node:buffer';
import { decode } from 'libmime/lib/charset';
import { charsetName } from './charset-name.ts';
import type { Defects } from './defects.ts';
import { limits } from './limits.ts';

/** One byte a character, so that text which is valid UTF-8 is practically never in them. */
export function isSingleByte(name: string): boolean {
  return (
    /^(?:iso-?8859-\d+|windows-\d+|cp-?\d{3,4}|ibm-?\d+|koi8-\w+|mac\w*|viscii)$/.test(name) &&
    !/^cp-?9[345]\d$/.test(name)
  );
}

const wide = /^(?:utf-?16|utf-?32|ucs-?[24])/;

/**
 * The charset that a text has to be decoded from: UTF-8 when it is valid (RFC 6532 made it the default of the field),
 * else the one declared, else Windows-1252, of which Latin-1 is a part. Text declared to have one byte a character that
 * is valid UTF-8 is UTF-8: the opposite is practically never written by people.
 *
 * @param declared the charset parameter, undefined without one
 * @param bytes the whole text, its transfer encoding undone
 */
export function findCharset(
  declared: string | undefined,
  bytes: Buffer,
  isHtml: boolean,
  defects: Defects,
): string {
  const marked = charsetOfMark(bytes);
  if (marked) return marked;
  let known = declared ? charsetName(declared) : undefined;
  if (declared && !known)
    defects.add('charset_unknown', `The charset "${declared.slice(0, 50)}" is not known.`);
  if (!known && (bytes.includes('\x1b$B') || bytes.includes('\x1b$@'))) return 'iso-2022-jp'; // RFC 1468
  if (!known && isHtml) known = charsetOfHtml(bytes);
  if (known && wide.test(known)) {
    if (isWide(bytes)) return known;
    // HTML 13.2.3.3 reads a page that calls itself UTF-16 in ASCII as UTF-8.
    defects.add('charset_wrong', `The text is declared as ${known} but it is not.`);
    known = undefined;
  }
  if (isAscii(bytes)) return known && !isSingleByte(known) ? known : 'utf-8';
  if (known === 'utf-7') known = undefined;

  if (isUtf8(bytes) && (!known || known === 'utf-8' || isSingleByte(known) || hasManyHighBytes(bytes))) {
    if (known && known !== 'utf-8')
      defects.add('charset_wrong', `The text is declared as ${declared ?? known} but it is UTF-8.`);
    return 'utf-8';
  }
  if (known && known !== 'utf-8') return known;
  if (isDamagedUtf8(bytes)) {
    defects.add('charset_damaged', 'The text has bytes that its charset does not allow.');
    return 'utf-8';
  }
  defects.add('charset_guessed', 'The text is not in its charset; it was read as windows-1252.');
  return 'windows-1252';
}

/** Decodes from a charset that `findCharset` gave. */
export function decodeFrom(charset: string, bytes: Buffer): string {
  if (charset === 'utf-7') return decodeUtf7(bytes.toString('latin1'));
  return charset === 'utf-8' && !isUtf8(bytes) ? decodeDamagedUtf8(bytes) : decode(bytes, charset);
}

/** Rows of characters of UTF-8; bytes that are letters in Windows-1252 before another letter; what is neither. */
const damagedUtf8 =
  /(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){1,1000}|([\xc0-\xff]{1,3})(?=[A-Za-z])|[\x80-\xff]/g;

/** Programs put a text of another charset behind one, without asking: its letters are read, what is cut off is not. */
function decodeDamagedUtf8(bytes: Buffer): string {
  // So much is shown; what lies beyond is not worth the time.
  let end = limits.textCharacters;
  while (end > limits.textCharacters - 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  const read = bytes
    .toString('latin1', 0, end)
    .replace(damagedUtf8, (row: string, letter: string | undefined) => {
      if (letter) return letter;
      return row.length > 1 ? Buffer.from(row, 'latin1').toString() : '\ufffd';
    });
  return read + bytes.toString('utf8', end);
}

/** Damaged characters among right ones are damage; hardly anything but invalid sequences is another charset. */
export function isDamagedUtf8(bytes: Buffer): boolean {
  let right = 0;
  let damaged = 0;
  for (const character of bytes.toString()) {
    if (character === '\ufffd') damaged++;
    else if (character > '\x7f') right++;
  }
  return right > 0 && right * 2 >= damaged;
}

/** Unicode 16.0 23.8: the charset that a byte order mark tells, undefined without one. */
export function charsetOfMark(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return isUtf8(bytes) ? 'utf-8' : undefined;
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

/** Two bytes a character leave a NUL beside each blank and line end; a text without any is mostly letters of ASCII otherwise. */
function isWide(bytes: Buffer): boolean {
  if (bytes.includes(0)) return true;
  const beginning = bytes.toString('latin1', 0, 4096);
  return !isUtf8(bytes) && beginning.replace(/[^\sa-z]/gi, '').length < beginning.length * 0.7;
}

/** A short word of another charset can be valid UTF-8 by accident, a sentence cannot. */
function hasManyHighBytes(bytes: Buffer): boolean {
  let count = 0;
  for (const byte of bytes) if (byte > 0x7f && ++count >= 30) return true;
  return false;
}

/** HTML 13.2.3.2: a charset named within the first 1,024 bytes, for parts whose header names none. */
function charsetOfHtml(bytes: Buffer): string | undefined {
  const beginning = bytes.toString('latin1', 0, 1024);
  const label = /<meta[^>]{0,200}?charset\s{0,20}=\s{0,20}["']?\s{0,20}([\w.:-]{1,40})/i.exec(beginning)?.[1];
  return label && charsetName(label);
}

/** RFC 2152: UTF-16 in base64 between `+` and `-`. Decoded before anything is made safe, so that it can smuggle nothing. */
function decodeUtf7(text: string): string {
  return text.replace(/\+([A-Za-z0-9+/]*)-?/g, (_all, encoded: string) => {
    if (encoded === '') return '+';
    const bytes = Buffer.from(encoded, 'base64');
    return bytes
      .subarray(0, bytes.length & ~1)
      .swap16()
      .toString('utf16le');
  });
}
