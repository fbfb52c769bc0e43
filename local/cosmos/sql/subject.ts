// What a condition says something about: a property, or a property in lower case. The other side is a constant.
import { badRequest, unsupported } from '../cosmos-error.ts';
import type { Json } from '../json.ts';
import type { Operand, Path } from './syntax.ts';
import { jsonPath, rankExpression, stringRank, valueExpression } from './typed-path.ts';

export type Subject = Exclude<Operand, { kind: 'constant' }>;

export function subjectOf(operand: Operand): Subject {
  if (operand.kind === 'constant') throw unsupported('A condition without a property of the item');
  return operand;
}

export function constantOf(operand: Operand): Json {
  if (operand.kind !== 'constant') throw unsupported('Comparing one property with another');
  return operand.value;
}

export function pathOf(operand: Operand): Path {
  if (operand.kind !== 'path') throw badRequest('The function takes a property of the item.');
  return operand.path;
}

/** SQLite expressions of its type and its value. LOWER() of what is no string is undefined. */
export function expressionsOf({ kind, path }: Subject): { rank: string; value: string } {
  const rank = rankExpression(path);
  const value = valueExpression(path);
  return kind === 'path'
    ? { rank, value }
    : {
        rank: `CASE WHEN json_type(item, ${jsonPath(path)}) = 'text' THEN ${stringRank} END`,
        value: `lower_case(${value})`,
      };
}

/** Columns that repeat a property and find its items at once: the id and the partition key. */
export function columnOf(
  path: Path,
  partitionKeyPath: Path,
): { name: string; keep(value: string): string } | undefined {
  if (isSamePath(path, partitionKeyPath))
    return { name: 'partition_key', keep: value => JSON.stringify([value]) };
  if (isSamePath(path, ['id'])) return { name: 'id', keep: value => value };
  return undefined;
}

function isSamePath(one: Path, other: Path): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}
