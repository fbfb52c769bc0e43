// What a reply says itself: its text without the mail it quotes at the end and without the signature.

import {
  attributionEnds,
  attributionEvidence,
  attributionStart,
  deviceSignature,
  originalMessage,
  ornament,
  quotedField,
  quotedSender,
  signatureStart,
} from './reply-marks.ts';

/** Lines beyond this are text, whatever they look like; it bounds the work per line. */
const longestMark = 400;
/** An attribution is broken over so many lines at most. */
const attributionLines = 4;
/** A signature is no longer than this. */
const signatureLines = 15;

/**
 * Takes the quoted tail and the signature off a text. Answers written between or below quotes keep the quotes they
 * answer. A text of nothing but quotes is returned as it is, and a mail that only forwards keeps what it forwards.
 *
 * Goes by lines, in time proportional to the text.
 *
 * @param text with `\n` as line ends
 */
export function newText(text: string): string {
  const lines = text.split('\n').map(line => line.trimEnd());
  const own = withoutSignature(withoutQuotedTail(lines));
  return (own.some(line => line !== '') ? own : lines).join('\n').replace(/^\n+|\s+$/g, '');
}

function withoutQuotedTail(lines: string[]): string[] {
  const signatureAt = withoutSignature(lines).length;
  let kept: string[] = [];
  let nothingBefore = true;
  for (let at = 0; at < lines.length; ) {
    const mark = markAt(lines, at);
    if (mark === 0) {
      const line = lines[at] as string;
      kept.push(line);
      nothingBefore &&= line === '' || (line.length <= longestMark && ornament.test(line));
      at++;
      continue;
    }
    const afterQuote = answerBelow(lines, at + mark, signatureAt);
    if (afterQuote === null) {
      // What follows is the other mail; if nothing stands above it, the sender only forwards it.
      if (!nothingBefore) return withoutTrailingQuote(kept);
      kept = [];
      at += mark;
    } else {
      at = nothingBefore ? afterQuote : at + mark;
    }
  }
  return withoutTrailingQuote(kept);
}

/** How many lines the mark of an embedded mail takes at this place; 0 when there is none. */
function markAt(lines: string[], at: number): number {
  const line = lines[at] as string;
  if (line === '' || isQuoted(line) || line.length > longestMark) return 0;
  if (originalMessage.test(line)) return 1 + quotedHeaderLength(lines, nextText(lines, at + 1));
  return quotedHeaderLength(lines, at) || attributionLength(lines, at);
}

/** The length of a block of header lines: a sender and at least two others. Long values go on in the next line. */
function quotedHeaderLength(lines: string[], at: number): number {
  if (!quotedSender.test((lines[at] ?? '').slice(0, longestMark))) return 0;
  let fields = 1;
  let end = at + 1;
  for (let next = at + 1; next < Math.min(lines.length, at + 14); next++) {
    const line = (lines[next] as string).slice(0, longestMark);
    if (quotedField.test(line)) {
      fields++;
      end = next + 1;
    } else if (line === '' && fields >= 3) {
      break;
    }
  }
  return fields >= 3 ? continuedTo(lines, end) - at : 0;
}

/** The last header line may be folded: what follows directly, up to an empty line, belongs to it when that is near. */
function continuedTo(lines: string[], end: number): number {
  return lines[end] !== undefined && lines[end] !== '' && lines[end + 1] === '' ? end + 1 : end;
}

function attributionLength(lines: string[], at: number): number {
  let joined = '';
  for (let length = 1; length <= attributionLines && at + length <= lines.length; length++) {
    const line = (lines[at + length - 1] as string).replace(/^>+\s?/, '').trim();
    joined = joined === '' ? line : `${joined} ${line}`;
    if (joined.length > longestMark) return 0;
    if (length > 1 && !attributionStart.test(lines[at] as string)) return 0;
    if (attributionEvidence.test(joined) && attributionEnds.some(pattern => pattern.test(joined)))
      return length;
  }
  return 0;
}

/**
 * Where an answer below the quote begins, when an attribution is followed by a quote and then by text before the
 * signature; null when nothing of the sender's follows.
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

function withoutSignature(lines: string[]): string[] {
  let end = lines.length;
  for (let at = end - 1; at >= 0 && at >= lines.length - signatureLines; at--) {
    if (signatureStart.test(lines[at] as string)) end = at;
  }
  while (end > 0) {
    const line = lines[end - 1] as string;
    const removable =
      line === '' || (line.length <= longestMark && (ornament.test(line) || deviceSignature.test(line)));
    if (!removable) break;
    end--;
  }
  return withoutTrailingQuote(lines.slice(0, end));
}

function nextText(lines: string[], at: number): number {
  let next = at;
  while (next < lines.length && (lines[next] as string).trim() === '') next++;
  return next;
}

/** `>` as RFC 3676 has it, `|` of a few web mailers. */
function isQuoted(line: string): boolean {
  return /^\s{0,3}(?:>|\|(?:\s|$))/.test(line);
}
