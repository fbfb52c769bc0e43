// Pages of items in the order of an instant of theirs, those of one instant by their ids: the database orders by one member alone.
import type { Condition } from './cosmos.ts';

export type Order = 'newestFirst' | 'oldestFirst';

/** Where an item stands among others; `at` is RFC 3339 in UTC, with milliseconds. */
export type Place = { at: string; id: string };

/** For sorting by place. */
export function comparePlaces(order: Order) {
  const [before, after] = order === 'newestFirst' ? [1, -1] : [-1, 1];
  return (one: Place, other: Place): number => {
    if (one.at !== other.at) return one.at < other.at ? before : after;
    return one.id < other.id ? -1 : Number(one.id > other.id);
  };
}

export type PlaceRange<P extends Place = Place> = { limit: number; after?: P | undefined; order: Order };

/**
 * The first `limit` items that a condition finds, after a place. One query, and another where a page ends among items of one instant.
 * @param query runs it within one partition
 * @param instant the member that they are ordered by
 * @param select beside `TOP`, what is given of each
 */
export async function findByInstant<T extends { id: string }>(
  query: (condition: Condition, select: string) => Promise<T[]>,
  { text: condition, parameters: given }: Condition,
  { instant, select }: { instant: keyof T & string; select: string },
  { limit, after, order }: PlaceRange,
): Promise<T[]> {
  const member = `c.${instant}`;
  const beyond = order === 'newestFirst' ? '<' : '>';
  const isAfter = `(${member} ${beyond} @at OR (${member} = @at AND c.id > @id))`;
  const text = after === undefined ? condition : `${condition} AND ${isAfter}`;
  const parameters = after === undefined ? given : { ...given, '@at': after.at, '@id': after.id };
  const top = `SELECT TOP ${limit + 1} ${select}`;
  const direction = order === 'newestFirst' ? 'DESC' : 'ASC';
  const found = await query({ text: `${text} ORDER BY ${member} ${direction}`, parameters }, top);
  const at = (item: T | undefined) => item && String(item[instant]);
  const compare = comparePlaces(order);
  const place = (item: T): Place => ({ at: String(item[instant]), id: item.id });
  const sorted = (items: T[]) =>
    items.toSorted((one, other) => compare(place(one), place(other))).slice(0, limit);
  const last = at(found[limit - 1]);
  // Of an instant that the page ends in, the database gave any.
  if (last === undefined || at(found[limit]) !== last) return sorted(found);
  const tied = await query(
    { text: `${text} AND ${member} = @last ORDER BY c.id`, parameters: { ...parameters, '@last': last } },
    top,
  );
  return sorted([...found.filter(item => at(item) !== last), ...tied]);
}
