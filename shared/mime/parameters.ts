// Structured fields, a value with parameters (RFC 2045 5.1, RFC 2231), read as programs write them and written for mailparser.

import libmime from 'libmime';
import { charsetName } from './charset-name.ts';
import type { Defects } from './defects.ts';
import { decodeWord, wordsAsUtf8 } from './encoded-words.ts';

/** A structured field, parameter names in lower case. */
export type Structured = { value: string; params: Record<string, string> };

/** Reads the words of parameters as those of all fields are read: another charset is guessed when it is not theirs. */
class WordReader extends libmime.Libmime {
  #defects: Defects;

  constructor(defects: Defects) {
    super();
    this.#defects = defects;
  }

  override decodeWord(charset: string, encoding: string, text: string): string {
    return decodeWord(charset, encoding, text, this.#defects);
  }

  override decodeWords(text: string): string {
    return super.decodeWords(wordsAsUtf8(text, this.#defects));
  }
}

/** @param field the value, unfolded; encoded words of names, which RFC 2047 5 forbids there, are decoded */
export function readStructured(field: string, defects: Defects): Structured {
  if (field === '') return { value: '', params: {} };
  const reader = new WordReader(defects);
  // `multipart/mixed boundary=x`, as some programs write, is meant to have a semicolon.
  const separated = field.replace(/^(\s*[\w-]+\/[\w.+-]+)\s+(?=[\w-]{1,40}\*?=)/, '$1; ');
  const { value, params } = reader.parseHeaderValue(separated, { stripComments: true });
  for (const name of ['name', 'filename']) {
    const written = params[name];
    if (written) params[name] = readName(written, reader);
  }
  return { value: value.trim().toLowerCase(), params };
}

/** Names in the syntax of `filename*=utf-8''...`, but without the star that announces it, are meant so. */
function readName(written: string, reader: WordReader): string {
  const [, charset, encoded] = /^([\w.:-]{1,40})'[\w-]{0,20}'(.*%[0-9a-f]{2}.*)$/is.exec(written) ?? [];
  return charset && encoded && charsetName(charset)
    ? reader.decodeWord(
        charset,
        'Q',
        encoded.replaceAll('=', '=3D').replaceAll('_', '=5F').replaceAll('%', '='),
      )
    : reader.decodeWords(written);
}

/** The end of a name tells most; of other parameters what is this long says nothing. */
const longestParameter = 1000;

export function writeStructured({ value, params }: Structured): string {
  const bounded = Object.entries(params)
    .slice(0, 50)
    .map(([name, text]) => [
      name,
      name === 'filename' ? text.slice(-longestParameter) : text.slice(0, longestParameter),
    ]);
  return libmime.buildHeaderValue({ value, params: Object.fromEntries(bounded) });
}
