// `$filter` and `$orderby` of a list of messages: by the time they were received, and by nothing else.
// https://learn.microsoft.com/graph/api/user-list-messages#using-filter-and-orderby-in-the-same-query
import { GraphError, unsupported } from './graph-error.ts';
import type { Message } from './mailbox.ts';

const comparisons: Record<string, (received: number, limit: number) => boolean> = {
  ge: (received, limit) => received >= limit,
  gt: (received, limit) => received > limit,
  le: (received, limit) => received <= limit,
  lt: (received, limit) => received < limit,
  eq: (received, limit) => received === limit,
};

/** Conditions such as `receivedDateTime ge 2026-03-01T12:00:00Z`, joined by `and`. */
export function matcherOf(filter: string | undefined): (message: Message) => boolean {
  if (filter === undefined) return () => true;
  const conditions = filter.split(/ +and +/).map(readCondition);
  return message => conditions.every(matches => matches(message.receivedAt.getTime()));
}

/** The newest first unless asked otherwise; those of one second in the order they came, or the reverse of it. */
export function sortByReceived(messages: Message[], orderby = 'receivedDateTime desc'): Message[] {
  const direction = /^receivedDateTime(?: +(asc|desc))?$/.exec(orderby);
  if (!direction) throw unsupported(`$orderby=${orderby}`);
  const ascending = messages.toSorted((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime());
  return direction[1] === 'desc' ? ascending.reverse() : ascending;
}

function readCondition(text: string): (receivedAt: number) => boolean {
  const [, property, operator = '', literal = ''] = /^ *(\S+) +(\S+) +(\S+) *$/.exec(text) ?? [];
  const compare = comparisons[operator];
  if (property !== 'receivedDateTime' || !compare) throw unsupported(`$filter=${text}`);
  const limit = dateTime.test(literal) ? Date.parse(literal) : Number.NaN;
  if (Number.isNaN(limit)) {
    const message = 'The query filter contains one or more invalid nodes.';
    throw new GraphError(400, 'ErrorInvalidUrlQueryFilter', message);
  }
  return receivedAt => compare(receivedAt, limit);
}

/** OData's Edm.DateTimeOffset: not quoted, never without a zone. */
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
