// The lines of a mail as bytes: where they end, and what they are at first sight (RFC 5322 2.1 and 2.2).

export const CR = 0x0d;
export const LF = 0x0a;
export const DASH = 0x2d;

/** The end of a line's content: before its LF, and before the CRs that some gateways multiply in front of it. */
export function contentEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  if (at > start && bytes[at - 1] === LF) at--;
  while (at > start && bytes[at - 1] === CR) at--;
  return at;
}

/** Length of `Name:` at the start of a line, 0 when the line is no field (RFC 5322 2.2; blanks before the colon are obsolete syntax). */
export function fieldNameLength(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] as number) > 0x20 && bytes[at] !== 0x3a && (bytes[at] as number) < 0x7f) at++;
  const nameEnd = at;
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++;
  return nameEnd > start && bytes[at] === 0x3a ? at + 1 - start : 0;
}

/** `From ` of an mbox file, or its escaped form, which some gateways leave in the header. */
export function isMboxSeparator(line: Buffer): boolean {
  return /^>?From /.test(line.toString('latin1', 0, 6));
}

/** A copy with CR alone made LF. */
export function withLineFeeds(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(CR); at >= 0; at = copy.indexOf(CR, at + 1)) copy[at] = LF;
  return copy;
}

/** The line break before a delimiter belongs to the delimiter (RFC 2046 5.1.1). */
export function lineBreakBefore(buffer: Buffer, from: number, lineStart: number): number {
  let at = lineStart;
  if (at > from && buffer[at - 1] === LF) at--;
  if (at > from && buffer[at - 1] === CR) at--;
  return at;
}

/** How far the buffer is content for certain: a line break, or one with a dash, at its end may begin a delimiter. */
export function withoutPossibleDelimiter(buffer: Buffer, from: number, lineStart: boolean): number {
  let end = buffer.length;
  if (end > from && buffer[end - 1] === DASH) end--;
  if (end === from && lineStart) return from;
  const hasLineFeed = end > from && buffer[end - 1] === LF;
  if (!hasLineFeed && end < buffer.length) return buffer.length;
  if (hasLineFeed) end--;
  if (end > from && buffer[end - 1] === CR) end--;
  return end;
}
