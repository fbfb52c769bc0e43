// Names of charsets, as programs write them, to the one that libmime decodes.

import libmime from 'libmime';

/** Windows code pages that libmime has under another name; the others are `cp` and the number. */
const codePages: Record<string, string> = {
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  1200: 'utf-16le',
  1201: 'utf-16be',
  10000: 'macintosh',
  20127: 'us-ascii',
  20866: 'koi8-r',
  21866: 'koi8-u',
  50220: 'iso-2022-jp',
  51932: 'euc-jp',
  54936: 'gb18030',
  65000: 'utf-7',
  65001: 'utf-8',
};

/** Oracle's names that do not end in a number (Database Globalization Support Guide, appendix A), and what programs call "the usual one". */
const otherNames: Record<string, string> = {
  al16utf16: 'utf-16be',
  al32utf8: 'utf-8',
  ansi: 'windows-1252',
  cp_acp: 'windows-1252',
  ja16euc: 'euc-jp',
  ja16sjis: 'shift_jis',
  us7ascii: 'us-ascii',
  utf8mb3: 'utf-8',
  utf8mb4: 'utf-8',
  zhs16cgb231280: 'gbk',
  zhs16gbk: 'gbk',
  zht16big5: 'big5',
};

/**
 * The charset that a label means, lower case; `utf-7` is one, which libmime does not decode.
 *
 * @param label a charset parameter, that of an encoded word or of an HTML page, with whatever stands around it
 * @returns undefined for a name that is not known
 */
export function charsetName(label: string): string | undefined {
  const written = /[^\s"'`;,<>=]{1,60}/.exec(label)?.[0].toLowerCase() ?? '';
  if (!found.has(written)) {
    if (found.size >= 100) found.clear();
    found.set(written, find(written));
  }
  return found.get(written);
}

/** The labels met last: to ask libmime is to make a decoder. */
const found = new Map<string, string | undefined>();

function find(written: string): string | undefined {
  const name = commonName(written);
  if (/^(?:cs)?(?:x-)?(?:unicode-1-1-)?utf-?7$/.test(name)) return 'utf-7';
  // RFC 6532: what was ASCII is UTF-8 today.
  if (/ascii|^ansi_x3/.test(name)) return 'utf-8';
  const { supported, charset } = libmime.createDecodeStream(name);
  return supported && name !== '' ? charset.toLowerCase() : undefined;
}

function commonName(written: string): string {
  if (Object.hasOwn(otherNames, written)) return otherNames[written] as string;
  // `1252`, `cp1252`, `MS-1252`, `x-cp1252`, `WE8MSWIN1252`; 28591 and following are ISO 8859 in Windows.
  const page = /^(?:[a-z]{2,3}\d{1,2}mswin|[a-z]{2,3}\d{1,2}pc|x-|x-cp|cp|ms|cp-|ms-)?(\d{3,5})$/.exec(
    written,
  )?.[1];
  if (page)
    return /^286\d\d$|^2859\d$/.test(page)
      ? `iso-8859-${Number(page) - 28590}`
      : (codePages[page] ?? `cp${page}`);
  // `WE8ISO8859P15`, Java's `ISO8859_15` and `8859_15`.
  const iso = /^(?:[a-z]{2,3}\d{1,2})?(?:iso)?-?8859[p_](\d{1,2})$/.exec(written)?.[1];
  return iso ? `iso-8859-${iso}` : written;
}
