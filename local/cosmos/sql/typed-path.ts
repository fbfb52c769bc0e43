// A property in SQLite: its type as a rank, and its value. JSON's true is not 1 and null is not absent, as they are in SQL.
import type { Json } from '../json.ts';
import type { Path } from './syntax.ts';

/** In the order Cosmos sorts values of different types. A property that is not there has no rank: NULL. */
const ranks = { null: 1, false: 2, true: 3, number: 4, string: 5, array: 6, object: 7 } as const;

/** The SQLite expression of a property's rank. */
export function rankExpression(path: Path): string {
  return (
    `CASE json_type(item, ${jsonPath(path)}) WHEN 'null' THEN ${ranks.null} WHEN 'false' THEN ${ranks.false}` +
    ` WHEN 'true' THEN ${ranks.true} WHEN 'integer' THEN ${ranks.number} WHEN 'real' THEN ${ranks.number}` +
    ` WHEN 'text' THEN ${ranks.string} WHEN 'array' THEN ${ranks.array} WHEN 'object' THEN ${ranks.object} END`
  );
}

/** The SQLite expression of a property's value, never NULL, so that rows can be ordered and compared by it. */
export function valueExpression(path: Path): string {
  return `coalesce(json_extract(item, ${jsonPath(path)}), 0)`;
}

/** The rank of a value that a query names. */
export function rankOfConstant(value: Json): number {
  if (value === null) return ranks.null;
  if (Array.isArray(value)) return ranks.array;
  if (typeof value === 'boolean') return value ? ranks.true : ranks.false;
  return ranks[typeof value as 'number' | 'string' | 'object'];
}

export const stringRank = ranks.string;
export const arrayRank = ranks.array;

/** `'$."from"."address"'`: an SQL string, as expressions of an index must not hold bound values. */
export function jsonPath(path: Path): string {
  const text = `$${path.map(name => `."${name}"`).join('')}`;
  return `'${text.replaceAll("'", "''")}'`;
}
