// Texts in Windows code pages, as Outlook numbers them.

import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';

/** Numbers whose label is not `windows-` and the number. Code pages of DOS are not among them: nobody writes mail in them. */
const labels: Record<number, string> = {
  866: 'ibm866',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  1200: 'utf-16le',
  10000: 'macintosh',
  20127: 'utf-8',
  20866: 'koi8-r',
  20932: 'euc-jp',
  21866: 'koi8-u',
  50220: 'iso-2022-jp',
  50221: 'iso-2022-jp',
  50222: 'iso-2022-jp',
  51932: 'euc-jp',
  51949: 'euc-kr',
  54936: 'gb18030',
  65001: 'utf-8',
};

const latin = new Set(['windows-1252', 'iso-8859-1']);
const decoders = new Map<string, TextDecoder>();

/**
 * Decodes a text; an unknown code page is read as Windows-1252, and what is said to be Latin is UTF-8 when it is valid as
 * such. Never fails.
 */
export function decodeCodepage(bytes: Uint8Array, codepage: number): string {
  const declared = labelOf(codepage);
  const label = latin.has(declared) && isUtf8(bytes) ? 'utf-8' : declared;
  const decoder = decoders.get(label) ?? new TextDecoder(label);
  decoders.set(label, decoder);
  return decoder.decode(bytes);
}

function labelOf(codepage: number): string {
  if (codepage === 874 || (codepage >= 1250 && codepage <= 1258)) return `windows-${codepage}`;
  const isoPart = codepage - 28590;
  // There is no part 12, and part 9 and 11 are parts of Windows code pages.
  if (isoPart >= 1 && isoPart <= 16 && isoPart !== 12) return `iso-8859-${isoPart}`;
  return labels[codepage] ?? 'windows-1252';
}
