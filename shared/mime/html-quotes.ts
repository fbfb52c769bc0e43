// The words with which the HTML of a mail says that a quote begins: what clients mark with a class, an id or a name.

import { Defects } from './defects.ts';
import { htmlToText } from './html-text.ts';
import { isQuoted, longestMark } from './quoted-lines.ts';
import { sanitize } from './sanitize.ts';

/** The first words of a quote, their letters and digits alone: that is what HTML and text have in common. */
export type Beginning = string;

/**
 * Gmail's attribution; Thunderbird's; Outlook's header block, on the desk, the web and telephones; Outlook for Mac;
 * Yahoo; Proton; Zoho. What stands below a mark is more than its element says, so only its first words are used.
 */
const marks =
  /(?<![\w-])(?:gmail_attr|moz-cite-prefix|divRplyFwdMsg|appendonsend|mail-editor-reference-message-container|ms-outlook-mobile-reference-message|OLK_SRC_BODY_SECTION|yahoo_quoted|protonmail_quote|zmail_extra)(?![\w-])/g;

/** The first marks are read, so much of each. Further ones stand in what is quoted. */
const readMarks = 2;
const readCharacters = 4_000;
const longestTag = 500;
/** Where the words of a block end. */
const blockEnd = /<\/(?:div|p|td|h[1-6])>|<blockquote\b/gi;
/** A beginning of fewer letters could be anything; one of more lines is none. */
const fewestLetters = 12;
const mostLines = 14;

/** @param html as written */
export function quoteBeginnings(html: string): Beginning[] {
  const found: Beginning[] = [];
  let read = 0;
  for (const mark of html.matchAll(marks)) {
    // A word of a style sheet or of the text is no mark.
    const opened = html.slice(Math.max(0, mark.index - longestTag), mark.index);
    if (opened.lastIndexOf('<') <= opened.lastIndexOf('>')) continue;
    const closes = html.slice(mark.index, mark.index + longestTag).indexOf('>');
    if (closes < 0) continue;
    const from = mark.index + closes + 1;
    const words = firstWords(html.slice(from, from + readCharacters));
    if (words.length >= fewestLetters) found.push(words);
    if (++read === readMarks) break;
  }
  return found;
}

/** The letters of the first paragraph that has any. */
function firstWords(html: string): Beginning {
  let end = html.length;
  let from = 0;
  for (const block of html.matchAll(blockEnd)) {
    const written = letters(html.slice(from, block.index).replace(/<[^<>]*>?|&nbsp;/g, ''));
    if (written !== '') {
      end = block.index;
      break;
    }
    from = block.index;
  }
  const context = {
    attachmentByContentId: new Map(),
    attachmentByName: new Map(),
    shown: new Set<number>(),
    defects: new Defects(),
  };
  const text = htmlToText(sanitize(html.slice(0, end), context) ?? '');
  const first = text.split(/\n\s*\n/).find(paragraph => letters(paragraph) !== '') ?? '';
  return first.split('\n').length <= mostLines ? letters(first) : '';
}

/** How many lines at this place say what the HTML marks as the beginning of a quote; 0 when they do not. */
export function markedLength(lines: string[], at: number, marked: Beginning[]): number {
  let words = '';
  for (let end = at; marked.length > 0 && end < lines.length && end - at < mostLines; end++) {
    const line = lines[end] as string;
    if (line === '' || isQuoted(lines[at] as string) || line.length > longestMark) return 0;
    words += letters(line);
    if (words === '') return 0;
    if (marked.includes(words)) return end - at + 1;
    if (!marked.some(beginning => beginning.startsWith(words))) return 0;
  }
  return 0;
}

function letters(text: string): string {
  return text.replace(/<(?:mailto|https?):[^<>\s]*>/g, '').replace(/[^\p{L}\p{N}]+/gu, '');
}
