// Which charset a text part is really in, told from its beginning: what mail declares is missing or wrong too often.

import { TextDecoder } from 'node:util';
import libmime from 'libmime';
import type { Defects } from './defects.ts';

const utf8 = new TextDecoder('utf-8');
/** Declared by programs whatever they send; anything else that is known is believed. */
const oftenWrong = /^(?:utf-?8|(?:us-)?ascii|ansi.*|iso-?8859-1|latin-?1|windows-1252|cp1252)$/i;

/**
 * The charset that a text part has to be declared in to be read rightly: UTF-8 when it is valid (RFC 6532 made it the
 * default of the field), else Windows-1252, of which Latin-1 is a part. Text declared as Latin-1 that is valid UTF-8
 * is UTF-8: the opposite is practically never written by people.
 *
 * @param declared the charset parameter, undefined without one
 * @param sample the first bytes of the part, without transfer encoding; may end inside a character
 * @returns undefined when the declaration, or the default of UTF-8, serves
 */
export function findCharset(
  declared: string | undefined,
  sample: Buffer,
  isHtml: boolean,
  defects: Defects,
): string | undefined {
  const known = declared !== undefined && libmime.createDecodeStream(declared).supported;
  if (declared && !known)
    defects.add('charset_unknown', `The charset "${declared.slice(0, 50)}" is not known.`);
  if (known && !oftenWrong.test(declared)) return undefined;
  if (!known && (sample.includes('\x1b$B') || sample.includes('\x1b$@'))) return 'iso-2022-jp'; // RFC 1468
  if (!known && isHtml) {
    const named = charsetOfHtml(sample);
    if (named && libmime.createDecodeStream(named).supported && !oftenWrong.test(named)) return named;
  }
  if (!sample.some(byte => byte > 0x7f)) return known ? undefined : 'utf-8';

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

/** Whether the bytes are UTF-8, the last character of which may be cut off. */
export function isUtf8(bytes: Uint8Array): boolean {
  try {
    // A decoder of its own: one that streams keeps what it has not finished.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
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
