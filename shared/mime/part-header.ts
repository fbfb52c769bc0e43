// What the header of a part tells repair.ts: whether it is a container, text or a file, and how mailparser must be told.

import libmime from 'libmime';
import { isUtf8 } from './charset.ts';
import type { Defects } from './defects.ts';

/** A structured field, parameter names in lower case. */
type Structured = { value: string; params: Record<string, string> };

/** Fields that mailparser reads instead of those that the part has. */
export type Replaced = Record<string, Structured>;

/** The header of a part, and what it says of its content. */
export type PartHeader = {
  lines: Buffer[];
  /** Lower case media type; `text/plain` is the default. */
  contentType: Structured;
  disposition: Structured;
  /** Lower case, empty when there is none. */
  encoding: string;
  name: string | undefined;
};

export function readPartHeader(lines: Buffer[]): PartHeader {
  const fields = libmime.decodeHeaders(Buffer.concat(lines).toString('latin1'));
  const contentType = parameters(fields['content-type']?.[0]);
  const disposition = parameters(fields['content-disposition']?.[0]);
  const name = disposition.params.filename || contentType.params.name;
  contentType.value = typeOf(contentType.value, name !== undefined || disposition.value === 'attachment');
  const encoding = fields['content-transfer-encoding']?.[0] ?? '';
  return {
    lines,
    contentType,
    disposition,
    encoding: /^[\s"']*([\w-]+)/.exec(encoding)?.[1]?.toLowerCase() ?? '',
    name,
  };
}

/** `multipart/mixed boundary=x`, as some programs write, is meant to have a semicolon. */
function parameters(field: string | undefined): Structured {
  const separated = (field ?? '').replace(/^(\s*[\w-]+\/[\w.+-]+)\s+(?=[\w-]{1,40}\*?=)/, '$1; ');
  const { value, params } = libmime.parseHeaderValue(separated, { stripComments: true });
  return { value: value.trim().toLowerCase(), params };
}

/** Text is what mailparser reads as such; RFC 1896 text is readable as plain text, and "text" is meant to be. */
function typeOf(value: string, isFile: boolean): string {
  if (value === '') return isFile ? '' : 'text/plain';
  return /^text(?:\/(?:enriched|richtext))?$/.test(value) ? 'text/plain' : value;
}

/** Whether mailparser takes a leaf for text to show (its `createNode`). */
export function isShownText({ contentType, disposition }: PartHeader): boolean {
  return /^text\/(?:plain|html)$/.test(contentType.value) && /^(?:inline)?$/.test(disposition.value);
}

/** The header as it goes to mailparser. Of a repeated field it takes the first: what is put above replaces what is below. */
export function writePartHeader(header: PartHeader, replaced: Replaced, defects: Defects): Buffer {
  const { value, params } = header.contentType;
  const { boundary, ...others } = params;
  // mailparser looks for the delimiters of parts that are no multiparts, too.
  const repaired: Replaced = boundary ? { 'Content-Type': { value, params: others }, ...replaced } : replaced;
  const above = Object.entries(repaired).map(([name, structured]) =>
    Buffer.from(`${name}: ${libmime.buildHeaderValue(structured)}\r\n`),
  );
  return Buffer.concat([...above, asUtf8(Buffer.concat(header.lines), defects), Buffer.from('\r\n')]);
}

/** RFC 6532 allows UTF-8 in headers; other bytes are read as Windows-1252. */
function asUtf8(bytes: Buffer, defects: Defects): Buffer {
  if (isUtf8(bytes)) return bytes;
  defects.add(
    'header_charset_guessed',
    'A header has bytes that are not UTF-8; they were read as windows-1252.',
  );
  return Buffer.from(new TextDecoder('windows-1252').decode(bytes));
}
