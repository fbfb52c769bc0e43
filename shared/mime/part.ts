// One part of a mail (RFC 2045 2.4): its header, what the header says about it, and its place in the tree.

import type { Defects } from './defects.ts';
import { type HeaderFields, readHeaderBlock } from './header-block.ts';
import { mediaType, type ParameterizedValue, parseParameters } from './media-type.ts';
import { transferEncodingName } from './transfer-encoding.ts';

/** A node of the tree of parts. Only a multipart has children; only a leaf has content. */
export type Part = {
  fields: HeaderFields;
  /** Lower case media type, the default when the header has none. */
  type: string;
  contentType: ParameterizedValue;
  disposition: ParameterizedValue;
  /** Lower case Content-Transfer-Encoding, empty when there is none. */
  encoding: string;
  /** File name as sent, decoded; null without one. */
  name: string | null;
  /** Content-ID without angle brackets; null without one. */
  contentId: string | null;
  parent: Part | null;
  children: Part[];
};

/** Reads the header block of a part. The parent matters: in a digest the default type is a message (RFC 2046 5.1.5). */
export function readPart(block: Uint8Array, parent: Part | null, defects: Defects): Part {
  const fields = readHeaderBlock(block, defects);
  const contentType = parseParameters(fields.first('content-type'));
  const disposition = parseParameters(fields.first('content-disposition'));
  const name = disposition.parameters.get('filename') || contentType.parameters.get('name') || null;
  const defaultType =
    parent?.type === 'multipart/digest'
      ? 'message/rfc822'
      : name || disposition.value === 'attachment'
        ? 'application/octet-stream'
        : 'text/plain';
  return {
    fields,
    type: mediaType(contentType.value, defaultType),
    contentType,
    disposition,
    encoding: transferEncodingName(fields.first('content-transfer-encoding')),
    name,
    contentId: (fields.first('content-id') ?? '').replace(/^[\s<]+|[\s>]+$/g, '').slice(0, 255) || null,
    parent,
    children: [],
  };
}

/** Whether the part is a container by its type. */
export function isMultipart(part: Part): boolean {
  return part.type.startsWith('multipart/');
}
