// Reads a WHERE: comparisons, IN, BETWEEN and a few functions, joined by AND, OR and NOT.
import { badRequest } from '../cosmos-error.ts';
import type { TokenReader } from './lexer.ts';
import type { OperandParser } from './operand-parser.ts';
import { type Comparison, type Condition, type Operand, type Predicate, predicates } from './syntax.ts';

export function parseCondition(reader: TokenReader, operands: OperandParser): Condition {
  return parseOr();

  function parseOr(): Condition {
    return joined('or', 'OR', parseAnd);
  }

  function parseAnd(): Condition {
    return joined('and', 'AND', parseNot);
  }

  function joined(kind: 'and' | 'or', word: string, parsePart: () => Condition): Condition {
    const first = parsePart();
    const parts = [first];
    while (reader.accept(word)) parts.push(parsePart());
    return parts.length === 1 ? first : { kind, parts };
  }

  function parseNot(): Condition {
    return reader.accept('NOT') ? { kind: 'not', part: parseNot() } : parseTest();
  }

  function parseTest(): Condition {
    if (reader.accept('(')) {
      const inner = parseOr();
      reader.expect(')');
      return inner;
    }
    const name = seenPredicate();
    return name === undefined ? parseComparison(operands.operand()) : parseCall(name);
  }

  function seenPredicate(): Predicate | undefined {
    const { kind, text } = reader.next;
    const name = text.toUpperCase();
    return kind === 'word' && Object.hasOwn(predicates, name) ? (name as Predicate) : undefined;
  }

  function parseCall(name: Predicate): Condition {
    reader.take();
    const list = parseList();
    const count = predicates[name];
    if (list.length !== count) throw badRequest(`${name} is supported with ${count} operand(s) only.`);
    return { kind: 'call', name, operands: list };
  }

  function parseComparison(left: Operand): Condition {
    const negated = reader.accept('NOT');
    const test = parseRange(left) ?? (negated ? reader.fail() : parseOperator(left));
    return negated ? { kind: 'not', part: test } : test;
  }

  function parseRange(left: Operand): Condition | undefined {
    if (reader.accept('IN')) return { kind: 'in', operand: left, choices: parseList() };
    if (!reader.accept('BETWEEN')) return undefined;
    const low = operands.operand();
    reader.expect('AND');
    const high = operands.operand();
    return {
      kind: 'and',
      parts: [
        { kind: 'compare', operator: '>=', left, right: low },
        { kind: 'compare', operator: '<=', left, right: high },
      ],
    };
  }

  function parseOperator(left: Operand): Condition {
    const symbol = ['=', '!=', '<>', '<', '<=', '>', '>='].find(text => reader.accept(text));
    if (symbol === undefined) reader.fail();
    const operator = (symbol === '<>' ? '!=' : symbol) as Comparison;
    return { kind: 'compare', operator, left, right: operands.operand() };
  }

  /** `(a, b, ...)` */
  function parseList(): Operand[] {
    reader.expect('(');
    const list = [operands.operand()];
    while (reader.accept(',')) list.push(operands.operand());
    reader.expect(')');
    return list;
  }
}
