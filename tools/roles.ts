// Who is let in where, route by route: the table in docs/roles.md, made from what the routes demand.
// Usage: node tools/roles.ts [--write | --check]
import { demandsOf } from '../shared/http/answered.ts';
import { loadRoutes } from './functions.ts';
import { tend } from './generated.ts';

const roles = ['Admin', 'Supervisor', 'Platform'] as const;

const rows = (await loadRoutes()).map(({ method, route, handler }) => {
  const { roles: allowed, signed = false } = demandsOf(handler) ?? {};
  // Who has to sign is not known by a token.
  const refused = signed ? '401' : '403';
  const cells = roles.map(role => (!allowed || allowed.includes(role) ? 'yes' : refused));
  return [`\`${method} /${route}\``, allowed ? '401' : 'yes', ...cells];
});
rows.sort(([a = ''], [b = '']) => (pathOf(a) === pathOf(b) ? compare(a, b) : compare(pathOf(a), pathOf(b))));

tend('docs/roles.md', 'roles', table([['Route', 'nobody', ...roles], ...rows]));

function pathOf(cell: string): string {
  return cell.replaceAll('`', '').split(' ')[1] ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** As Biome and Prettier would write it: all cells of a column as wide. */
function table([head = [], ...rows]: string[][]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map(row => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
