// Encoded words (RFC 2047) made right before others read them: whole, in UTF-8, whatever charset they claim.

import { isUtf8 } from 'node:buffer';
import { decodeFrom, findCharset } from './charset.ts';
import { Defects } from './defects.ts';
import { transferDecoder } from './transfer-encoding.ts';

/** RFC 2047 2, and RFC 2231 5 for the language after the charset. */
const beginning = /=\?([^?\s*]{0,60})(?:\*[^?\s]{0,20})?\?([bq])\?/iy;

type Word = { charset: string; bytes: Buffer };

/**
 * The same field with each row of encoded words as a single one, in UTF-8. Words that follow each other are joined
 * before they are decoded, because characters are split between them, which RFC 2047 5 forbids.
 *
 * @param field may be folded
 */
export function wordsAsUtf8(field: string, defects: Defects): string {
  let written = '';
  let row: Word[] = [];
  /** The end of what is written or in the row. */
  let done = 0;
  let at = field.indexOf('=?');
  while (at >= 0) {
    beginning.lastIndex = at;
    const [, charset = '', encoding = ''] = beginning.exec(field) ?? [];
    const textAt = beginning.lastIndex;
    const end = encoding ? field.indexOf('?=', textAt) : -1;
    if (encoding && end < 0) break;
    if (encoding) {
      const between = field.slice(done, at);
      if (between.trim() !== '' || row.length === 0) {
        written += encodeRow(row, defects) + between;
        row = [];
      }
      row.push(readWord(charset, encoding, field.slice(textAt, end)));
      done = end + 2;
    }
    at = field.indexOf('=?', encoding ? done : at + 2);
  }
  return written + encodeRow(row, defects) + field.slice(done);
}

/** Decodes the text of one encoded word, or what RFC 2231 encodes the same way. */
export function decodeWord(charset: string, encoding: string, text: string, defects: Defects): string {
  const word = readWord(charset, encoding, text);
  return decodeRow(word.charset, [word.bytes], defects);
}

function encodeRow(row: Word[], defects: Defects): string {
  if (row.length === 0) return '';
  let text = '';
  for (let from = 0; from < row.length; ) {
    const { charset } = row[from] as Word;
    let to = from + 1;
    while (row[to]?.charset.toLowerCase() === charset.toLowerCase()) to++;
    text += decodeRow(
      charset,
      row.slice(from, to).map(({ bytes }) => bytes),
      defects,
    );
    from = to;
  }
  // Of a field that is cut because it is too long the words before the cut stay.
  const pieces = text.match(/.{1,1000}/gsu) ?? [''];
  return pieces.map(piece => `=?utf-8?B?${Buffer.from(piece).toString('base64')}?=`).join(' ');
}

function readWord(charset: string, encoding: string, text: string): Word {
  const isBase64 = encoding.toLowerCase() === 'b';
  // Folded inside: at a blank where it has blanks, which it should not have, else anywhere.
  const joined = text.replace(/\r\n[ \t]*/g, '');
  const unfolded = isBase64 || !/[ \t]/.test(joined) ? joined : text.replace(/\r\n[ \t]*/g, ' ');
  // What is not encoded although it says so is what is meant.
  if (isBase64 && /[^\sA-Za-z0-9+/=_-]/.test(unfolded))
    return { charset: 'utf-8', bytes: Buffer.from(unfolded) };
  const encoded = Buffer.from(isBase64 ? unfolded : unfolded.replaceAll('_', ' '));
  const decoder = transferDecoder(isBase64 ? 'base64' : 'quoted-printable');
  return { charset, bytes: decoder ? Buffer.concat([decoder.write(encoded), decoder.end()]) : encoded };
}

/** Decodes neighbours that claim the same charset: together, and when that is not it, one by one. */
function decodeRow(claimed: string, words: Buffer[], defects: Defects): string {
  const doubts = new Defects();
  const joined = Buffer.concat(words);
  const charset = findCharset(claimed, joined, false, doubts);
  const isSure = doubts.list().length === 0 || (charset === 'utf-8' && isUtf8(joined));
  if (doubts.list().length > 0)
    defects.add(
      'encoded_word_guessed',
      'An encoded word is not in the charset that it names; another was guessed.',
    );
  if (isSure || words.length === 1) return decodeFrom(charset, joined);

  const guess = (bytes: Buffer) => decodeFrom(findCharset(claimed, bytes, false, doubts), bytes);
  let text = '';
  let begun: Buffer = Buffer.alloc(0);
  for (const word of words) {
    const bytes = Buffer.concat([begun, word]);
    const whole = bytes.subarray(0, bytes.length - begunCharacter(bytes));
    if (isUtf8(whole)) {
      text += whole.toString();
      begun = bytes.subarray(whole.length);
    } else {
      text += guess(begun) + guess(word);
      begun = Buffer.alloc(0);
    }
  }
  return text + guess(begun);
}

/** RFC 3629 3: how many bytes at the end begin a character of UTF-8 that is not complete. */
function begunCharacter(bytes: Buffer): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes.at(-back);
    if (byte === undefined || byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}
