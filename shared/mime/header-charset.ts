// Fields of a header as UTF-8, their encoded words too, so that whoever reads them need not guess.

import { isUtf8 } from 'node:buffer';
import { decodeFrom, findCharset, isDamagedUtf8 } from './charset.ts';
import { Defects } from './defects.ts';
import { wordsAsUtf8 } from './encoded-words.ts';

/**
 * RFC 6532 allows UTF-8 in headers. Other bytes are damage where most of a field is UTF-8, else in the charset of the
 * text, which clients use there as well, else Windows-1252.
 *
 * @param fields in Latin-1, folded with CR LF
 */
export function fieldsAsUtf8(fields: string[], defects: Defects): string[] {
  const charset = charsetOfText(fields);
  return fields.map(field => {
    const text = asUtf8(field, charset, defects);
    // Words in parameters may be cut between them: `parameters.ts` reads those.
    return /^content-/i.test(text) ? text : wordsAsUtf8(text, defects);
  });
}

function asUtf8(field: string, charset: string | undefined, defects: Defects): string {
  if (!field.includes('\x1b$') && !/[\x80-\xff]/.test(field)) return field;
  const bytes = Buffer.from(field, 'latin1');
  if (isUtf8(bytes) && !field.includes('\x1b$')) return bytes.toString();
  if (isDamagedUtf8(bytes)) {
    defects.add('header_damaged', 'A header has bytes that are not UTF-8.');
    return decodeFrom('utf-8', bytes);
  }
  // Inside an encoded word the bytes are of its own charset, only not encoded: they are encoded here.
  const encoded = field.replace(/=\?[^?\s]{1,60}\?[Qq]\?[^?]*\?=/g, word =>
    word.replace(/[\x80-\xff]/g, byte => `=${byte.charCodeAt(0).toString(16).toUpperCase()}`),
  );
  const rest = Buffer.from(encoded, 'latin1');
  const found = findCharset(charset, rest, false, new Defects());
  defects.add('header_charset_guessed', 'A header has bytes that are not UTF-8; their charset was guessed.');
  return decodeFrom(found, rest);
}

function charsetOfText(fields: string[]): string | undefined {
  const contentType = fields.find(field => /^content-type:/i.test(field))?.slice(0, 1000);
  return /;\s{0,10}charset\s{0,10}=\s{0,10}"?([\w.:-]{1,40})/i.exec(contentType ?? '')?.[1];
}
