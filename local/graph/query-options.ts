// The options behind the question mark. Each operation says which it knows; all others are refused.
// https://learn.microsoft.com/graph/query-parameters
import { badRequest, unsupported } from './graph-error.ts';

export type Query = ReadonlyMap<string, string>;

/** Throws 501 for an option that the operation does not know, 400 for one that comes twice. */
export function readQuery(search: URLSearchParams, known: readonly string[]): Query {
  const query = new Map<string, string>();
  for (const [name, value] of search) {
    if (!known.includes(name)) throw unsupported(`The query option '${name}'`);
    if (query.has(name)) throw badRequest(`Query option '${name}' was specified more than once.`);
    query.set(name, value);
  }
  return query;
}

/** A whole number from `least` to `most`; `usual` when it was not asked for. */
export function readNumber(
  query: Query,
  name: string,
  { usual, least, most }: { usual: number; least: number; most: number },
): number {
  const text = query.get(name);
  if (text === undefined) return usual;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw badRequest(`The value '${text}' of ${name} must be a whole number from ${least} to ${most}.`);
}

export function readFlag(query: Query, name: string): boolean {
  const text = query.get(name)?.toLowerCase() ?? 'false';
  if (text !== 'true' && text !== 'false') throw badRequest(`Invalid value '${text}' for ${name}.`);
  return text === 'true';
}

/** What `$select` leaves of a resource; Outlook's resources keep their id and etag in any case. */
export function readSelect<T extends object>(
  query: Query,
  known: readonly string[],
): (resource: T) => Partial<T> {
  const option = query.get('$select');
  if (option === undefined) return resource => resource;
  const wanted = option.split(',').map(name => name.trim());
  const unknown = wanted.find(name => !known.includes(name));
  if (unknown !== undefined) throw unsupported(`The property '${unknown}' in $select`);
  const kept = new Set(['@odata.etag', 'id', ...wanted]);
  const leave = (resource: T) => Object.entries(resource).filter(([name]) => kept.has(name));
  return resource => Object.fromEntries(leave(resource)) as Partial<T>;
}
