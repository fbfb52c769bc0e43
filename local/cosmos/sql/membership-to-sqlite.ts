// "Is one of": IN, and ARRAY_CONTAINS with the list on either side, in SQLite.
import { unsupported } from '../cosmos-error.ts';
import type { Json } from '../json.ts';
import { type Fragment, fragment } from './fragment.ts';
import { columnOf, expressionsOf, type Subject } from './subject.ts';
import type { Path } from './syntax.ts';
import { arrayRank, jsonPath, rankExpression, rankOfConstant } from './typed-path.ts';

/** `subject IN (...)`: like `=`, undefined for a value of another type than the list's. */
export function inToSqlite(
  subject: Subject,
  list: readonly Json[],
  wanted: boolean,
  partitionKeyPath: Path,
): Fragment {
  if (wanted) return isListed(subject, list, partitionKeyPath);
  const { rank, value } = expressionsOf(subject);
  const text = `${rank} = ${listRank(list)} AND ${value} NOT IN (SELECT value FROM json_each(?))`;
  return fragment(text, JSON.stringify(list));
}

/** `ARRAY_CONTAINS(list, subject)`: unlike IN it answers false for a value of another type. */
export function listContainsToSqlite(
  list: readonly Json[],
  subject: Subject,
  wanted: boolean,
  partitionKeyPath: Path,
): Fragment {
  const { rank } = expressionsOf(subject);
  if (list.length === 0) return fragment(wanted ? 'FALSE' : `${rank} > 0`);
  const listed = isListed(subject, list, partitionKeyPath);
  return wanted ? listed : fragment(`${rank} > 0 AND NOT (${listed.text})`, ...listed.values);
}

/** `ARRAY_CONTAINS(c.list, constant)` */
export function propertyContainsToSqlite(path: Path, constant: Json, wanted: boolean): Fragment {
  const rank = listRank([constant]);
  const types = rank === rankOfConstant('') ? `('text')` : `('integer', 'real')`;
  const text =
    `${rankExpression(path)} = ${arrayRank} AND ${wanted ? '' : 'NOT '}EXISTS ` +
    `(SELECT 1 FROM json_each(item, ${jsonPath(path)}) AS element WHERE element.type IN ${types} AND element.value = ?)`;
  return fragment(text, constant as string | number);
}

function isListed(subject: Subject, list: readonly Json[], partitionKeyPath: Path): Fragment {
  const rank = listRank(list);
  const column = subject.kind === 'path' ? columnOf(subject.path, partitionKeyPath) : undefined;
  if (column && rank === rankOfConstant('')) {
    const kept = JSON.stringify(list.map(value => column.keep(value as string)));
    return fragment(`${column.name} IN (SELECT value FROM json_each(?))`, kept);
  }
  const { rank: found, value } = expressionsOf(subject);
  const text = `${found} = ${rank} AND ${value} IN (SELECT value FROM json_each(?))`;
  return fragment(text, JSON.stringify(list));
}

/** The one rank of all values in the list. */
function listRank(list: readonly Json[]): number {
  const [first, ...others] = list.map(rankOfConstant);
  if (first === undefined || others.some(rank => rank !== first)) {
    throw unsupported('A list that is empty or of mixed types');
  }
  if (first !== rankOfConstant('') && first !== rankOfConstant(0)) {
    throw unsupported('A list of other than strings or numbers');
  }
  return first;
}
