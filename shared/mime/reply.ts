// What a mail says itself: its text without the mail it answers, which stands below or above, and without the signature.
//
// When in doubt the text stays: a quote too much is a nuisance, a customer's word too few is a loss. So nothing is quoted
// in a mail that answers nothing, a mark of a quote counts only with evidence (attribution.ts, quoted-header.ts), and what
// a mail passes on is new to whoever receives it. The text decides; the HTML as written is one more witness: the words
// that a client marks there as the beginning of a quote (html-quotes.ts) are one wherever they stand in the text.

import { attributionLength } from './attribution.ts';
import { type Beginning, markedLength, quoteBeginnings } from './html-quotes.ts';
import { forwardMark, quotedHeaderLength, separatorLength } from './quoted-header.ts';
import { isOrnament, isQuoted, nextText } from './quoted-lines.ts';
import { withoutSignature } from './signature.ts';
import { subjectSays } from './subject.ts';

/** What tells whether a mail answers another one (RFC 5322 3.6.4). */
export type Thread = { subject: string; inReplyTo: string[]; references: string[] };

/** What a mail says itself, and whether it passes another mail on, which is then part of it. */
export type OwnText = { text: string; forwarded: boolean };

/**
 * Takes the quoted tail and the signature off a text. Answers written between or below quotes keep the quotes they
 * answer. A text of nothing but quotes is returned as it is, and so is one that passes a mail on.
 *
 * Goes by lines, in time proportional to the text.
 *
 * @param text with `\n` as line ends
 * @param html the HTML as written, empty when there is none
 */
export function newText(text: string, thread: Thread, html: string): OwnText {
  // A blank at the end of a line says nothing, but for the one that makes two dashes a signature mark.
  const lines = text.split('\n').map(line => (line === '-- ' ? line : line.trimEnd()));
  const says = subjectSays(thread.subject);
  if (says === 'forward') return { text: trimmed(lines), forwarded: true };
  const answers = says === 'reply' || thread.inReplyTo.length > 0 || thread.references.length > 0;
  const own = answers
    ? withoutQuotes(lines, quoteBeginnings(html))
    : { lines, forwarded: lines.some(passesOn) };
  if (own.forwarded) return { text: trimmed(lines), forwarded: true };
  let left = own.lines;
  // A signature stands above the quote or below it.
  for (let twice = 0; twice < 2; twice++) {
    if (answers) left = withoutTrailingQuote(left);
    left = withoutSignature(left);
  }
  if (answers) left = withoutTrailingQuote(left);
  return { text: trimmed(left.some(line => line !== '') ? left : lines), forwarded: false };
}

/** Whether a mail that is passed on begins at this line. */
function passesOn(_: string, at: number, lines: string[]): boolean {
  return forwardMark(lines, at);
}

function withoutQuotes(lines: string[], marked: Beginning[]): { lines: string[]; forwarded: boolean } {
  const signatureAt = withoutSignature(lines).length;
  let kept: string[] = [];
  let nothingBefore = true;
  let quotesBefore = false;
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] as string;
    if (!quotesBefore && forwardMark(lines, at)) return { lines, forwarded: true };
    const header = isQuoted(line) ? 0 : separatorLength(lines, at) || quotedHeaderLength(lines, at);
    const mark =
      header || (isQuoted(line) ? 0 : markedLength(lines, at, marked) || attributionLength(lines, at));
    if (mark === 0) {
      kept.push(line);
      nothingBefore &&= line === '' || isOrnament(line);
      at++;
      continue;
    }
    quotesBefore = true;
    const answerAt = answerBelow(lines, at + mark, signatureAt);
    if (answerAt !== null) {
      at = nothingBefore ? answerAt : at + mark;
    } else if (!nothingBefore) {
      return { lines: kept, forwarded: false };
    } else {
      // Nobody sends nothing: what follows at the very top is the sender's, and so may be fields that lead it.
      kept = header > 0 ? lines.slice(0, at + mark) : [];
      at += mark;
      nothingBefore = header === 0;
    }
  }
  return { lines: kept, forwarded: false };
}

/**
 * Where an answer below the quote begins, when a mark is followed by a quote and then by text before the signature;
 * null when nothing of the sender's follows.
 */
function answerBelow(lines: string[], at: number, signatureAt: number): number | null {
  let next = nextText(lines, at);
  if (!isQuoted(lines[next] ?? '')) return null;
  while (next < lines.length && (isQuoted(lines[next] as string) || lines[next] === '')) next++;
  return next < signatureAt ? next : null;
}

function withoutTrailingQuote(lines: string[]): string[] {
  let end = lines.length;
  while (end > 0 && (lines[end - 1] === '' || isQuoted(lines[end - 1] as string))) end--;
  return lines.slice(0, end);
}

/** The text from its first line that says something to its last word. */
function trimmed(lines: string[]): string {
  return lines.slice(nextText(lines, 0)).join('\n').trimEnd();
}
