// Content-Type and Content-Disposition of a part: the value, its parameters in any of their spellings (RFC 2045 5, 2183, 2231).

import libmime from 'libmime';

/** A structured field. The value is lower case; parameter names are lower case and their values decoded. */
export type ParameterizedValue = { value: string; parameters: Map<string, string> };

/** Parameters in which clients send encoded words, although RFC 2047 5 forbids it. A boundary may only look like one. */
const wordsAllowed = new Set(['name', 'filename']);

/** Reads `value; name=value; ...` with quoted strings, comments, and RFC 2231 charsets and continuations. */
export function parseParameters(field: string | undefined): ParameterizedValue {
  if (!field) return { value: '', parameters: new Map() };
  const parsed = libmime.parseHeaderValue(withSemicolon(field), { stripComments: true });
  const decoded = new Set(parsed.decodedParams);
  const parameters = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed.params)) {
    parameters.set(name, wordsAllowed.has(name) && !decoded.has(name) ? decodeWords(value) : value);
  }
  return { value: parsed.value.trim().toLowerCase(), parameters };
}

/** `multipart/mixed boundary=x`, as some programs write, is meant to have a semicolon. */
function withSemicolon(field: string): string {
  return field.replace(/^(\s*[\w-]+\/[\w.+-]+)\s+(?=[\w-]{1,40}\*?=)/, '$1; ');
}

/** Decodes the encoded words of unstructured text (RFC 2047); what cannot be decoded stays as it is written. */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) return text;
  try {
    return libmime.decodeWords(text);
  } catch {
    return text;
  }
}

/** A media type that can be relied on: `type/subtype` of RFC 2045 5.1, or the default where the field is nonsense. */
export function mediaType(value: string, fallback: string): string {
  if (/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(value)) return value;
  if (value === 'text') return 'text/plain';
  return value === '' ? fallback : 'application/octet-stream';
}
