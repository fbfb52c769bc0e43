// Of which type a property is in all that a condition finds: where that is certain it need not be ordered by type first.
import type { Condition, Operand, Path } from './syntax.ts';

/** A comparison holds for values of its constant's type alone. Undefined where nothing is said, or of several types. */
export function onlyType(condition: Condition, path: Path): 'string' | 'number' | undefined {
  switch (condition.kind) {
    case 'and':
      return condition.parts.map(part => onlyType(part, path)).find(type => type !== undefined);
    case 'or': {
      const [first, ...others] = condition.parts.map(part => onlyType(part, path));
      return others.every(type => type === first) ? first : undefined;
    }
    case 'compare': {
      const { left, right } = condition;
      return isOf(left, path) ? typeOf(right) : isOf(right, path) ? typeOf(left) : undefined;
    }
    default:
      return undefined;
  }
}

function isOf(operand: Operand, path: Path): boolean {
  return operand.kind === 'path' && JSON.stringify(operand.path) === JSON.stringify(path);
}

function typeOf(operand: Operand): 'string' | 'number' | undefined {
  const type = operand.kind === 'constant' ? typeof operand.value : undefined;
  return type === 'string' || type === 'number' ? type : undefined;
}
