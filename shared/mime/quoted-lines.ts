// What one line of a text is by its shape alone: quoted, empty, or a line drawn.

/** Longer lines are text, whatever they look like; it bounds the work per line. */
export const longestMark = 400;

/** `>` as RFC 3676 4.5 has it, `|` of a few web mailers; a row of a table has a second one. */
export function isQuoted(line: string): boolean {
  return /^\s{0,3}(?:>|\|(?=$|\s[^|]*$))/.test(line);
}

/** A line of punctuation alone: underscores, dashes, asterisks, or the mark of Gmail's tracking extensions. */
export function isOrnament(line: string): boolean {
  return line.length <= longestMark && /^[\s>]*(?:[-_=~*#+•—–.]{2,}|ᐧ|—|\*)\s*$/u.test(line);
}

/** The first line at or after this one that is not empty; the number of lines when there is none. */
export function nextText(lines: string[], at: number): number {
  let next = at;
  while (next < lines.length && (lines[next] as string).trim() === '') next++;
  return next;
}
