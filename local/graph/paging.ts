// Pages of a collection, and the address of the next one.
// Graph counts how many items it went through (`$skip`): what is moved away between two pages makes the next one begin too late.
// https://learn.microsoft.com/graph/paging
import { type Query, readFlag, readNumber } from './query-options.ts';

export const pagingOptions = ['$top', '$skip', '$count'];

type Collection<T> = {
  items: readonly T[];
  /** The whole address that was asked for. */
  url: URL;
  query: Query;
  /** However many were asked for, no page is longer. */
  pageLimit: number;
};

/** The members of the answer: `@odata.count` when asked for, `value`, `@odata.nextLink` when more are left. */
export function pageOf<T>({ items, url, query, pageLimit }: Collection<T>, show: (item: T) => unknown) {
  const top = readNumber(query, '$top', { usual: 10, least: 1, most: 1000 });
  const skip = readNumber(query, '$skip', { usual: 0, least: 0, most: Number.MAX_SAFE_INTEGER });
  const end = skip + Math.min(top, pageLimit);
  return {
    ...(readFlag(query, '$count') ? { '@odata.count': items.length } : {}),
    value: items.slice(skip, end).map(show),
    ...(end < items.length ? { '@odata.nextLink': nextLink(url, end) } : {}),
  };
}

function nextLink(url: URL, skip: number): string {
  const next = new URL(url);
  next.searchParams.set('$skip', String(skip));
  return next.href;
}
