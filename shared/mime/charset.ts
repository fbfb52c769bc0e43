// Bytes to characters: the declared charset where it is true, the likeliest one where it is missing, unknown or wrong.

import { TextDecoder } from 'node:util';
import type { Defects } from './defects.ts';

/** Names seen in mail that are no labels of the WHATWG Encoding Standard, which `TextDecoder` goes by. */
const aliases: Record<string, string> = {
  '7bit': 'utf-8',
  '8bit': 'utf-8',
  ansi: 'windows-1252',
  ascii: 'utf-8',
  'ansi_x3.4-1968': 'utf-8',
  'iso646-us': 'utf-8',
  'us-ascii': 'utf-8',
  utf: 'utf-8',
  utf8mb4: 'utf-8',
  'utf-8mb4': 'utf-8',
  cp932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
  'windows-936': 'gbk',
  'windows-949': 'euc-kr',
  'windows-950': 'big5',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-3': 'iso-2022-jp',
  'iso-2022-jp-2004': 'iso-2022-jp',
  'iso-2022-jp-ms': 'iso-2022-jp',
  eucjp: 'euc-jp',
  euckr: 'euc-kr',
  sjis: 'shift_jis',
  'koi8-ru': 'koi8-u',
};

const decoders = new Map<string, TextDecoder | null>();

/** The decoder of a charset by any of its names, null when there is none. UTF-7 has none on purpose: it hides markup. */
function decoderFor(charset: string): TextDecoder | null {
  const name = charset
    .trim()
    .toLowerCase()
    .replace(/["';\s]/g, '');
  const known = decoders.get(name);
  if (known !== undefined) return known;
  const tidy = name
    .replace(/^(?:win|windows|cp)[-_]?(12\d\d|874)$/, 'windows-$1')
    .replace(/^(?:iso|latin)?[-_]?8859[-_]?(\d+)/, 'iso-8859-$1')
    .replace(/^utf[-_]?(8|16)/, 'utf-$1');
  let decoder: TextDecoder | null = null;
  try {
    decoder = new TextDecoder(aliases[tidy] ?? tidy);
  } catch {
    // RangeError: not a label it knows.
  }
  // A hostile mail could name charsets without end.
  if (decoders.size < 200) decoders.set(name, decoder);
  return decoder;
}

const utf8 = new TextDecoder('utf-8');
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const windows1252 = new TextDecoder('windows-1252');
const iso2022jp = new TextDecoder('iso-2022-jp');

function asUtf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Whether every byte is seven bits wide. */
export function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false;
  return true;
}

/**
 * Text that claims to be UTF-8 and is not quite. One damaged character among many right ones is damage; nothing but
 * invalid sequences is another charset, and Windows-1252 is by far the likeliest.
 */
function damagedUtf8(bytes: Uint8Array): { text: string; wrong: boolean } {
  const text = utf8.decode(bytes);
  let right = 0;
  let damaged = 0;
  for (const character of text) {
    if (character === '\ufffd') damaged++;
    else if (character > '\x7f') right++;
  }
  return right > damaged ? { text, wrong: false } : { text: windows1252.decode(bytes), wrong: true };
}

/**
 * Decodes the bytes of a text part.
 *
 * Order: what was declared, unless the bytes contradict it; UTF-8 when it is valid (RFC 6532 made it the default of the
 * field); ISO-2022-JP by its escape sequences; else Windows-1252. Text declared as Latin-1 that is valid UTF-8 is taken
 * as UTF-8: the opposite (Latin-1 that happens to be valid UTF-8) is practically never written by people.
 */
export function decodeText(bytes: Uint8Array, declared: string | null, defects: Defects): string {
  const decoder = declared ? decoderFor(declared) : null;
  if (declared && !decoder)
    defects.add('charset_unknown', `The charset "${declared.slice(0, 50)}" is not known.`);
  if (!decoder && hasIso2022Escapes(bytes)) return iso2022jp.decode(bytes);

  if (!decoder || decoder.encoding === 'utf-8') {
    const text = asUtf8(bytes);
    if (text !== null) return text;
    const guess = damagedUtf8(bytes);
    if (guess.wrong)
      defects.add('charset_guessed', 'The text is not in its charset; it was read as windows-1252.');
    else defects.add('charset_damaged', 'The text has bytes that its charset does not allow.');
    return guess.text;
  }
  if (decoder.encoding === 'windows-1252' && !isAscii(bytes)) {
    const text = asUtf8(bytes);
    if (text !== null) {
      defects.add('charset_wrong', `The text is declared as ${decoder.encoding} but it is UTF-8.`);
      return text;
    }
  }
  return decoder.decode(bytes);
}

/** ESC $ or ESC ( begin the shifts of ISO-2022-JP (RFC 1468), which is seven bits wide and so looks like ASCII. */
function hasIso2022Escapes(bytes: Uint8Array): boolean {
  const at = bytes.indexOf(0x1b);
  return at >= 0 && bytes[at + 1] === 0x24 && (bytes[at + 2] === 0x42 || bytes[at + 2] === 0x40);
}

/** Decodes the raw bytes of a header field: ASCII as RFC 5322 has it, UTF-8 as RFC 6532 allows, else Windows-1252. */
export function decodeFieldBytes(bytes: Buffer, defects: Defects): string {
  const text = asUtf8(bytes);
  if (text !== null) return text;
  if (hasIso2022Escapes(bytes)) return iso2022jp.decode(bytes);
  defects.add(
    'header_charset_guessed',
    'A header has bytes that are not UTF-8; they were read as windows-1252.',
  );
  // Inside an encoded word the bytes are of its own charset, only not encoded: they are encoded here.
  const repaired = bytes
    .toString('latin1')
    .replace(/=\?[^?\s]{1,60}\?[Qq]\?[^?]*\?=/g, word =>
      word.replace(/[\x80-\xff]/g, byte => `=${byte.charCodeAt(0).toString(16).toUpperCase()}`),
    );
  return windows1252.decode(Buffer.from(repaired, 'latin1'));
}
