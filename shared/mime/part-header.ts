// What the header of a part tells repair.ts: whether it is a container, text or a file, and how mailparser must be told.

import libmime from 'libmime';
import type { Defects } from './defects.ts';
import { readStructured, type Structured, writeStructured } from './parameters.ts';

/** Fields that mailparser reads instead of those that the part has. */
export type Replaced = Record<string, Structured>;

/** The header of a part, and what it says of its content. */
export type PartHeader = {
  lines: Buffer[];
  /** Lower case media type; `text/plain` is the default. */
  contentType: Structured;
  /** Those of its content types, most often one, that are a multipart with a boundary. */
  multiparts: Structured[];
  disposition: Structured;
  /** Lower case, empty when there is none. */
  encoding: string;
  name: string | undefined;
};

/** @param parentType media type of the multipart that the part is in, undefined for the mail itself */
export function readPartHeader(
  lines: Buffer[],
  parentType: string | undefined,
  defects: Defects,
): PartHeader {
  const fields = libmime.decodeHeaders(Buffer.concat(lines).toString());
  const types = (fields['content-type'] ?? []).slice(0, 10).map(field => readStructured(field, defects));
  const multiparts = types.filter(({ value, params }) => value.startsWith('multipart/') && params.boundary);
  const contentType = types[0] ?? { value: '', params: {} };
  const disposition = readStructured(fields['content-disposition']?.[0] ?? '', defects);
  const name = disposition.params.filename || contentType.params.name;
  const isFile = name !== undefined || disposition.value === 'attachment';
  // RFC 2046 5.1.5: in a digest the default is a message.
  const isDigest = parentType === 'multipart/digest';
  contentType.value ||= isDigest ? 'message/rfc822' : isFile ? '' : 'text/plain';
  // RFC 1896 text is readable as plain text when there is no other, and "text" is meant to be.
  const onlyText =
    parentType !== 'multipart/alternative' && /^text\/(?:enriched|richtext)$/.test(contentType.value);
  if (onlyText || contentType.value === 'text') contentType.value = 'text/plain';
  const encoding = /^[\s"']*([\w-]+)/.exec(fields['content-transfer-encoding']?.[0] ?? '')?.[1] ?? '';
  return { lines, contentType, multiparts, disposition, encoding: encoding.toLowerCase(), name };
}

/** Whether a leaf is text to show, as far as its own header tells. */
export function isShownText({ contentType, disposition }: PartHeader): boolean {
  return /^text\/(?:plain|html)$/.test(contentType.value) && disposition.value !== 'attachment';
}

/** The header as it goes to mailparser. Of a repeated field it takes the first: what is put above replaces what is below. */
export function writePartHeader(header: PartHeader, replaced: Replaced): Buffer {
  const { value, params } = header.contentType;
  const { boundary, ...others } = params;
  // mailparser looks for delimiters in parts that are no multiparts, too, and knows no digests.
  const repaired: Replaced =
    boundary || value === 'message/rfc822'
      ? { 'Content-Type': { value, params: others }, ...replaced }
      : { ...replaced };
  // mailparser reads an encoding only when nothing stands beside it.
  if (header.encoding) repaired['Content-Transfer-Encoding'] ??= { value: header.encoding, params: {} };
  const above = Object.entries(repaired).map(([name, structured]) =>
    Buffer.from(`${name}: ${writeStructured(structured)}\r\n`),
  );
  return Buffer.concat([...above, ...header.lines, Buffer.from('\r\n')]);
}
