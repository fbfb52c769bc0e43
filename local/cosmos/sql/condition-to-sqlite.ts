// Turns a condition of Cosmos SQL into one of SQLite that holds for exactly the same items.
//
// Cosmos has three answers - true, false and undefined - and NOT leaves undefined as it is. So nothing is negated as a
// whole: NOT travels down to the leaves, each of which is asked "where are you true?" or "where are you false?".
import { badRequest } from '../cosmos-error.ts';
import { comparisonToSqlite, mirrored, opposites } from './comparison-to-sqlite.ts';
import { type Fragment, fragment, join } from './fragment.ts';
import { inToSqlite, listContainsToSqlite, propertyContainsToSqlite } from './membership-to-sqlite.ts';
import { constantOf, expressionsOf, pathOf, subjectOf } from './subject.ts';
import type { Condition, Operand, Path } from './syntax.ts';
import { rankExpression, rankOfConstant } from './typed-path.ts';

/** Holds where the condition is true, or with `wanted: false` where it is false. */
export function conditionToSqlite(condition: Condition, partitionKeyPath: Path, wanted = true): Fragment {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const parts = condition.parts.map(part => conditionToSqlite(part, partitionKeyPath, wanted));
      return join(parts, (condition.kind === 'and') === wanted ? 'AND' : 'OR');
    }
    case 'not':
      return conditionToSqlite(condition.part, partitionKeyPath, !wanted);
    case 'compare': {
      const { subject, operator, constant } = sides(condition);
      return comparisonToSqlite(subject, wanted ? operator : opposites[operator], constant, partitionKeyPath);
    }
    case 'in':
      return inToSqlite(
        subjectOf(condition.operand),
        condition.choices.map(constantOf),
        wanted,
        partitionKeyPath,
      );
    case 'call':
      return predicateToSqlite(condition, partitionKeyPath, wanted);
  }
}

/** The property on the left, whichever side it was written on. */
function sides({ operator, left, right }: Condition & { kind: 'compare' }) {
  return left.kind === 'constant'
    ? { subject: subjectOf(right), operator: mirrored[operator], constant: left.value }
    : { subject: left, operator, constant: constantOf(right) };
}

function predicateToSqlite(
  { name, operands }: Condition & { kind: 'call' },
  partitionKeyPath: Path,
  wanted: boolean,
): Fragment {
  const [first, second] = operands as [Operand, Operand];
  switch (name) {
    case 'IS_DEFINED': {
      // A range and not IS NOT NULL, which SQLite does not look up in an index.
      const rank = rankExpression(pathOf(first));
      return fragment(wanted ? `${rank} > 0` : `${rank} IS NULL`);
    }
    case 'IS_NULL':
      return fragment(`${rankExpression(pathOf(first))} ${wanted ? 'IS' : 'IS NOT'} ${rankOfConstant(null)}`);
    case 'ARRAY_CONTAINS': {
      if (first.kind === 'path') return propertyContainsToSqlite(first.path, constantOf(second), wanted);
      const list = constantOf(first);
      if (!Array.isArray(list)) throw badRequest('ARRAY_CONTAINS looks into an array.');
      return listContainsToSqlite(list, subjectOf(second), wanted, partitionKeyPath);
    }
    case 'STARTSWITH':
    case 'CONTAINS':
      return textSearchToSqlite(name, first, second, wanted);
  }
}

function textSearchToSqlite(
  name: 'STARTSWITH' | 'CONTAINS',
  first: Operand,
  second: Operand,
  wanted: boolean,
): Fragment {
  const { rank, value } = expressionsOf(subjectOf(first));
  const text = constantOf(second);
  if (typeof text !== 'string') throw badRequest(`${name} looks for a string.`);
  const isString = `${rank} = ${rankOfConstant('')}`;
  return name === 'CONTAINS'
    ? fragment(`${isString} AND instr(${value}, ?) ${wanted ? '>' : '='} 0`, text)
    : fragment(`${isString} AND substr(${value}, 1, length(?)) ${wanted ? '=' : '<>'} ?`, text, text);
}
