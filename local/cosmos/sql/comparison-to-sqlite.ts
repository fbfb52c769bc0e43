// A property compared with a constant, in SQLite.
// https://learn.microsoft.com/azure/cosmos-db/nosql/query/equality-comparison-operators
import { unsupported } from '../cosmos-error.ts';
import type { Json } from '../json.ts';
import { type Fragment, fragment } from './fragment.ts';
import { columnOf, expressionsOf, type Subject } from './subject.ts';
import type { Comparison, Path } from './syntax.ts';
import { rankOfConstant } from './typed-path.ts';

/** The operator that is true where this one is false. */
export const opposites: Record<Comparison, Comparison> = {
  '=': '!=',
  '!=': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
};

/** The operator with its sides exchanged. */
export const mirrored: Record<Comparison, Comparison> = {
  '=': '=',
  '!=': '!=',
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
};

/** Holds where the comparison is true. Between values of different types it is undefined, even `!=`. */
export function comparisonToSqlite(
  subject: Subject,
  operator: Comparison,
  constant: Json,
  partitionKeyPath: Path,
): Fragment {
  if (constant === null || typeof constant === 'boolean') return compareSingular(subject, operator, constant);
  if (typeof constant === 'object') throw unsupported('Comparing with an array or an object');
  const column = subject.kind === 'path' ? columnOf(subject.path, partitionKeyPath) : undefined;
  if (column && operator === '=' && typeof constant === 'string') {
    return fragment(`${column.name} = ?`, column.keep(constant));
  }
  const { rank, value } = expressionsOf(subject);
  return fragment(`${rank} = ${rankOfConstant(constant)} AND ${value} ${operator} ?`, constant);
}

/** null, true and false are the only values of their rank. */
function compareSingular(subject: Subject, operator: Comparison, constant: null | boolean): Fragment {
  const { rank } = expressionsOf(subject);
  if (operator === '=') return fragment(`${rank} = ${rankOfConstant(constant)}`);
  if (operator === '!=' && constant !== null) return fragment(`${rank} = ${rankOfConstant(!constant)}`);
  // As documented `c.x != null` is never true; people write it for "is there". IS_DEFINED and IS_NULL say what is meant.
  throw unsupported(`'${operator} ${constant}'`);
}
