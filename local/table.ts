// Tables for a terminal: as wide as their content, at most as wide as asked, aligned also where characters are wide.

/** Lines of a table with a head. Columns are cut to `widths` (in terminal cells). */
export function tableLines(head: string[], rows: string[][], widths: number[]): string[] {
  const all = [head, ...rows].map(row => row.map((cell, column) => cut(cell, widths[column] ?? 20)));
  const columns = head.map((_, column) => Math.max(...all.map(row => cells(row[column] ?? ''))));
  const lines = all.map(row =>
    row
      .map((cell, column) => pad(cell, columns[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const rule = columns.map(width => '-'.repeat(width)).join('  ');
  return [lines[0] ?? '', rule, ...lines.slice(1)];
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cells(text)));
}

function cut(text: string, width: number): string {
  if (cells(text) <= width) return text;
  let kept = '';
  for (const char of text) {
    if (cells(kept + char) > width - 1) return `${kept}…`;
    kept += char;
  }
  return kept;
}

/** East Asian wide characters (Unicode TR 11) take two cells. */
function cells(text: string): number {
  let width = 0;
  for (const char of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/u.test(char)
      ? 2
      : 1;
  return width;
}
