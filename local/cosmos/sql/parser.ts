// Reads the part of Cosmos SQL the product relies on; anything else is a syntax error, so that nothing passes by accident.
// https://learn.microsoft.com/azure/cosmos-db/nosql/query/
import { badRequest } from '../cosmos-error.ts';
import type { Json } from '../json.ts';
import { parseCondition } from './condition-parser.ts';
import { TokenReader } from './lexer.ts';
import { OperandParser } from './operand-parser.ts';
import type { Condition, Query, Selection } from './syntax.ts';

/** Parameter values by their names, `@` included. */
export type Parameters = ReadonlyMap<string, Json>;

/** `SELECT [TOP n] ... FROM c [WHERE ...] [ORDER BY c.x [DESC]]` */
export function parseQuery(text: string, parameters: Parameters): Query {
  const reader = new TokenReader(text);
  const operands = new OperandParser(reader, parameters);
  reader.expect('SELECT');
  const top = reader.accept('TOP') ? parseTop(operands) : undefined;
  const selection = parseSelection(reader, operands);
  parseFrom(reader, operands);
  const where = reader.accept('WHERE') ? parseCondition(reader, operands) : undefined;
  const orderBy = parseOrderBy(reader, operands);
  reader.expectEnd();
  return { selection, top, where, orderBy };
}

/** `FROM c WHERE ...`: the condition of a patch. */
export function parsePatchCondition(text: string): Condition {
  const reader = new TokenReader(text);
  const operands = new OperandParser(reader, new Map());
  parseFrom(reader, operands);
  reader.expect('WHERE');
  const condition = parseCondition(reader, operands);
  reader.expectEnd();
  return condition;
}

function parseTop(operands: OperandParser): number {
  const top = operands.constant();
  if (typeof top !== 'number' || !Number.isInteger(top) || top < 0) {
    throw badRequest('TOP takes a non-negative integer.');
  }
  return top;
}

function parseSelection(reader: TokenReader, operands: OperandParser): Selection {
  if (reader.accept('*')) return { kind: 'item' };
  if (reader.accept('VALUE')) {
    return reader.sees('COUNT') ? parseCount(reader) : { kind: 'value', path: operands.path().path };
  }
  const fields = [];
  do {
    const { root, path } = operands.path();
    fields.push({ name: reader.accept('AS') ? reader.expectName() : (path.at(-1) ?? root), path });
  } while (reader.accept(','));
  return { kind: 'fields', fields };
}

function parseCount(reader: TokenReader): Selection {
  for (const part of ['COUNT', '(']) reader.expect(part);
  if (reader.take().text !== '1') throw badRequest('COUNT is supported as COUNT(1) only.');
  reader.expect(')');
  return { kind: 'count' };
}

function parseFrom(reader: TokenReader, operands: OperandParser): void {
  reader.expect('FROM');
  operands.bindRoot(reader.expectName());
}

function parseOrderBy(reader: TokenReader, operands: OperandParser): Query['orderBy'] {
  if (!reader.accept('ORDER')) return undefined;
  reader.expect('BY');
  const { path } = operands.path();
  const descending = reader.accept('DESC');
  if (!descending) reader.accept('ASC');
  return { path, descending };
}
