// What the header of a part tells repair.ts: whether it is a container, text or a file, and how mailparser must be told.

import type { Defects } from './defects.ts';
import { HeaderFields } from './header-fields.ts';
import { readStructured, type Structured, writeStructured } from './parameters.ts';

/** Fields that mailparser reads instead of those that the part has. */
export type Replaced = Record<string, Structured>;

/** The header of a part, and what it says of its content. */
export type PartHeader = {
  /** Its fields, each ends in CR LF. */
  lines: string[];
  /** Lower case media type; `text/plain` is the default. */
  contentType: Structured;
  /** Those of its content types, most often one, that are a multipart with a boundary. */
  multiparts: Structured[];
  disposition: Structured;
  /** Lower case, empty when there is none. */
  encoding: string;
  name: string | undefined;
};

/** Nobody asks mailparser for others, and it would take its time to decode each of them. */
const readByMailparser = /^content-(?:type|disposition|transfer-encoding|id|location):/i;

/**
 * @param lines each a field, which ends in CR LF
 * @param parentType media type of the multipart that the part is in, undefined for the mail itself
 */
export function readPartHeader(
  lines: string[],
  parentType: string | undefined,
  defects: Defects,
): PartHeader {
  const fields = new HeaderFields(lines);
  const types = fields
    .whole('content-type')
    .slice(0, 10)
    .map(field => readStructured(field, defects));
  const multiparts = types.filter(({ value, params }) => value.startsWith('multipart/') && params.boundary);
  const contentType = types[0] ?? { value: '', params: {} };
  const disposition = readStructured(fields.whole('content-disposition')[0] ?? '', defects);
  const name = disposition.params.filename || contentType.params.name;
  const isFile = name !== undefined || disposition.value === 'attachment';
  // RFC 2046 5.1.5: in a digest the default is a message.
  const isDigest = parentType === 'multipart/digest';
  contentType.value ||= isDigest ? 'message/rfc822' : isFile ? '' : 'text/plain';
  // RFC 1896 text is readable as plain text when there is no other, and "text" is meant to be.
  const onlyText =
    parentType !== 'multipart/alternative' && /^text\/(?:enriched|richtext)$/.test(contentType.value);
  if (onlyText || contentType.value === 'text') contentType.value = 'text/plain';
  const encoding = /^[\s"']*([\w-]+)/.exec(fields.whole('content-transfer-encoding')[0] ?? '')?.[1] ?? '';
  return {
    lines,
    contentType,
    multiparts,
    disposition,
    encoding: encoding.toLowerCase(),
    name,
  };
}

/** Whether a leaf is text to show, as far as its own header tells. */
export function isShownText({ contentType, disposition }: PartHeader): boolean {
  return /^text\/(?:plain|html)$/.test(contentType.value) && disposition.value !== 'attachment';
}

/** The header of a text, or of a multipart that is none, whose content mailparser gets as UTF-8. */
export function textHeader({ contentType: { value, params } }: PartHeader): string {
  const { format = '', delsp = '' } = params;
  const type = value === 'text/html' ? value : 'text/plain';
  if (format === '' && delsp === '') return `Content-Type: ${type}; charset=utf-8\r\n\r\n`;
  return written({ 'Content-Type': { value: type, params: { charset: 'utf-8', format, delsp } } }, []);
}

/** The header of a multipart with the boundary that mailparser gets for it. */
export function multipartHeader({ value, params }: Structured, boundary: string): string {
  return written({ 'Content-Type': { value, params: { ...params, boundary } } }, []);
}

/** The header of a file. Of a repeated field mailparser takes the first: what is put above replaces what is below. */
export function fileHeader(header: PartHeader, replaced: Replaced, isDecoded: boolean): string {
  const { value, params } = header.contentType;
  const { boundary, ...others } = params;
  // mailparser looks for delimiters in parts that are no multiparts, too, and knows no digests.
  const repaired: Replaced =
    boundary || value === 'message/rfc822'
      ? { 'Content-Type': { value, params: others }, ...replaced }
      : { ...replaced };
  // mailparser reads an encoding only when nothing stands beside it.
  if (header.encoding)
    repaired['Content-Transfer-Encoding'] = { value: isDecoded ? '8bit' : header.encoding, params: {} };
  return written(
    repaired,
    header.lines.filter(line => readByMailparser.test(line)),
  );
}

function written(above: Replaced, below: string[]): string {
  const names = Object.keys(above).map(name => name.toLowerCase());
  const lines = Object.entries(above).map(
    ([name, structured]) => `${name}: ${writeStructured(structured)}\r\n`,
  );
  lines.push(...below.filter(line => !names.includes(line.slice(0, line.indexOf(':')).toLowerCase())));
  return `${lines.join('')}\r\n`;
}

/** The fields of a header, with the content type that was written for mailparser above the others. */
export function fieldsAsTold({ lines }: PartHeader, written: string): HeaderFields {
  const told = /^Content-Type:.*\r\n/m.exec(written)?.[0].toWellFormed();
  return new HeaderFields(told ? [told, ...lines] : lines);
}
