// Reads the text parts of a mail: characters, soft line breaks, markup of other kinds; ready to show or to search.

import libmime from 'libmime';
import { decodeText } from './charset.ts';
import type { Defects } from './defects.ts';
import type { Part } from './part.ts';

/**
 * Decodes a text part.
 *
 * @param bytes its content, without transfer encoding
 * @returns text with `\n` as line ends, without control characters; HTML stays HTML
 */
export function readText(part: Part, bytes: Buffer, defects: Defects): string {
  const declared = part.contentType.parameters.get('charset')?.trim() || null;
  const charset = declared ?? (part.type === 'text/html' ? charsetOfHtml(bytes) : null);
  const text = tidy(decodeText(bytes, charset, defects));
  if (part.type === 'text/enriched' || part.type === 'text/richtext') return wordsOfEnriched(text);
  if (part.contentType.parameters.get('format')?.trim().toLowerCase() !== 'flowed') return text;
  // RFC 3676: lines that end in a blank go on in the next one.
  return libmime.decodeFlowed(text, part.contentType.parameters.get('delsp')?.trim().toLowerCase() === 'yes');
}

/** One kind of line end; control characters other than tab gone: they show nothing and break consumers. */
function tidy(text: string): string {
  return text.replace(/\r+\n|\r/g, '\n').replace(/(?![\t\n])\p{Cc}|\ufeff/gu, '');
}

/** HTML 13.2.3.2: a charset named within the first 1,024 bytes, for parts whose header names none. */
function charsetOfHtml(bytes: Buffer): string | null {
  const beginning = bytes.toString('latin1', 0, 1024);
  return /<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(beginning)?.[1] ?? null;
}

/** RFC 1896: commands in angle brackets, `<<` for one bracket, single line breaks for layout only. */
function wordsOfEnriched(text: string): string {
  return text
    .replace(/<param>[^<]*<\/param>/gi, '')
    .replace(/<</g, '\0')
    .replace(/<\/?[a-z0-9-]{1,60}>/gi, '')
    .replaceAll('\0', '<')
    .replace(/\n(\n*)/g, (_all, more: string) => more || ' ');
}
