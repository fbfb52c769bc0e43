// The queries the stand-in understands, as they are after parsing: parameters are already their values.
import type { Json } from '../json.ts';

/** Property names from the item down: `c.from.address` is `['from', 'address']`, `c` itself is empty. */
export type Path = readonly string[];

export type Operand =
  | { kind: 'path'; path: Path }
  | { kind: 'lower'; path: Path }
  | { kind: 'constant'; value: Json };

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { kind: 'and' | 'or'; parts: readonly Condition[] }
  | { kind: 'not'; part: Condition }
  | { kind: 'compare'; operator: Comparison; left: Operand; right: Operand }
  | { kind: 'in'; operand: Operand; choices: readonly Operand[] }
  | { kind: 'call'; name: Predicate; operands: readonly Operand[] };

/** Functions that answer true or false, and how many operands each takes. */
export const predicates = {
  IS_DEFINED: 1,
  IS_NULL: 1,
  ARRAY_CONTAINS: 2,
  STARTSWITH: 2,
  CONTAINS: 2,
} as const;

export type Predicate = keyof typeof predicates;

export type Selection =
  | { kind: 'item' }
  | { kind: 'count' }
  | { kind: 'value'; path: Path }
  | { kind: 'fields'; fields: readonly { name: string; path: Path }[] };

export type Query = {
  selection: Selection;
  top: number | undefined;
  where: Condition | undefined;
  orderBy: { path: Path; descending: boolean } | undefined;
};
