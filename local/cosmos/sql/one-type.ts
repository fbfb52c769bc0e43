// Whether all that a condition finds has a property of one type: then it need not be ordered by type first.
import type { Condition, Operand, Path } from './syntax.ts';

/** True only where it is certain: a comparison holds for values of its constant's type alone. */
export function isOfOneType(condition: Condition, path: Path): boolean {
  const isIt = (operand: Operand) => operand.kind === 'path' && operand.path.join('\n') === path.join('\n');
  switch (condition.kind) {
    case 'and':
      return condition.parts.some(part => isOfOneType(part, path));
    case 'or':
      return condition.parts.every(part => isOfOneType(part, path));
    case 'compare':
      return isIt(condition.left) || isIt(condition.right);
    default:
      return false;
  }
}
