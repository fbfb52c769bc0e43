// What a condition is about: its operands, whatever they are within.
import type { Condition, Operand } from './syntax.ts';

type Call = Extract<Condition, { kind: 'call' }>;

/** The operands of every comparison in it, and of the calls that `takes` says; of all unless told. */
export function operandsOf(
  condition: Condition,
  takes: (call: Call) => boolean = () => true,
): readonly Operand[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.parts.flatMap(part => operandsOf(part, takes));
    case 'not':
      return operandsOf(condition.part, takes);
    case 'compare':
      return [condition.left, condition.right];
    case 'in':
      return [condition.operand];
    case 'call':
      return takes(condition) ? condition.operands : [];
  }
}
