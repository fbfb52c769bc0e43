// A line of CSV (RFC 4180) that a spreadsheet shows and does not run.

export type Cell = string | number | null;

/** What a file in UTF-8 begins with, or spreadsheets take it for another charset. */
export const byteOrderMark = '\uFEFF';

/**
 * One line with its end. Texts are quoted; numbers are not, so that they can be reckoned with.
 * @param separator what spreadsheets of the reader's language part cells by
 */
export function csvLine(cells: readonly Cell[], separator: ',' | ';'): string {
  return `${cells.map(toCell).join(separator)}\r\n`;
}

function toCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  return `"${harmless(cell).replaceAll('"', '""')}"`;
}

/**
 * Where a cell may begin a spreadsheet reads a formula from = + - @, in full width too, or what tabs and line ends leave of one. That
 * is at the beginning, and after whatever another spreadsheet parts cells by: one that expects the other separator sees no quotes.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const formula = /(^|[,;\t\r\n"'|])([^\S\t\r\n]*)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;

function harmless(text: string): string {
  const told = text.replaceAll('\0', '').replace(formula, "$1$2'");
  return /^[\t\r\n]/.test(told) ? `'${told}` : told;
}
