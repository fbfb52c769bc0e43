// Runs a query over one partition, or a simple filter over all, and cuts its results into pages.
import type { Horizon } from './changes.ts';
import type { Container } from './container.ts';
import { type Continuation, type Position, readContinuation, writeContinuation } from './continuation.ts';
import { unsupported } from './cosmos-error.ts';
import { refuseUnindexed } from './index-policy.ts';
import { sizeBytes } from './json.ts';
import { queryCharge } from './request-charge.ts';
import { conditionToSqlite } from './sql/condition-to-sqlite.ts';
import { type Fragment, fragment, join } from './sql/fragment.ts';
import { onlyType } from './sql/one-type.ts';
import { type Parameters, parseQuery } from './sql/parser.ts';
import { project } from './sql/projection.ts';
import type { Query } from './sql/syntax.ts';
import { rankExpression, valueExpression } from './sql/typed-path.ts';

/** No page is larger, however many items were asked for. https://learn.microsoft.com/azure/cosmos-db/nosql/query/pagination */
const maxPageBytes = 4 * 1024 * 1024;

export type QueryRequest = {
  text: string;
  parameters: Parameters;
  /** As the rows are kept under; undefined asks all partitions. */
  partition: string | undefined;
  pageSize: number;
  continuation: string | undefined;
  /** Of a replica that lags behind; items are found as they are, and shown as they were. */
  horizon?: Horizon | undefined;
};

/** One page: each document as JSON text, and its charge in request units. */
export type Page = { documents: string[]; charge: number; continuation?: string };

type FoundRow = {
  seq: number;
  partition: string;
  id: string;
  etag: string;
  item: string;
  rank: number | null;
  value: string | number | null;
};

export function runQuery(container: Container, request: QueryRequest): Page {
  const query = parseQuery(request.text, request.parameters);
  if (request.partition === undefined) refuseAcrossPartitions(query);
  refuseUnindexed(container.definition, query);
  container.indexes.prepare(query, request.partition !== undefined);
  const filter = filterOf(container, query, request.partition);
  if (query.selection.kind === 'count') {
    // Answered from the index.
    const charge = queryCharge({ isFirst: true, loadedBytes: 0, returned: 1 });
    return { documents: [count(container, filter)], charge };
  }

  const start =
    request.continuation === undefined ? undefined : readContinuation(request.text, request.continuation);
  return readPage(container, query, filter, request, start);
}

/** The service merges partitions in the client for these; the product keeps away from that. */
function refuseAcrossPartitions({ selection, top, orderBy }: Query): void {
  if (selection.kind === 'count') throw unsupported('COUNT without a partition key');
  if (top !== undefined) throw unsupported('TOP without a partition key');
  if (orderBy) throw unsupported('ORDER BY without a partition key');
}

function filterOf(container: Container, { where, orderBy }: Query, partition: string | undefined): Fragment {
  const conditions = [container.isLive()];
  if (partition !== undefined) conditions.push(fragment('partition_key = ?', partition));
  if (where) {
    const narrowed = container.lists.narrow(where, partition);
    if (narrowed) conditions.push(narrowed);
    conditions.push(conditionToSqlite(where, container.definition.partitionKeyPath));
  }
  // Without a composite index the service leaves out items that lack the property they are ordered by.
  // https://learn.microsoft.com/azure/cosmos-db/nosql/query/order-by#remarks
  if (orderBy) conditions.push(fragment(`${rankExpression(orderBy.path)} > 0`));
  return join(conditions, 'AND');
}

function count(container: Container, { text, values }: Fragment): string {
  const row = container.storage
    .prepare(`SELECT count(*) AS count FROM ${container.table} WHERE ${text}`)
    .get(...values);
  return String(row?.count);
}

function readPage(
  container: Container,
  query: Query,
  filter: Fragment,
  { text: queryText, pageSize, horizon }: QueryRequest,
  start: Continuation | undefined,
): Page {
  const left = start?.left ?? query.top ?? Number.POSITIVE_INFINITY;
  const size = Math.min(pageSize, left);
  const page: Page = { documents: [], charge: 0 };
  let taken = 0;
  let bytes = 0;
  let last: FoundRow | undefined;
  for (const row of readRows(container, query, filter, start?.after, size + 1)) {
    const isFull = taken === size || (last !== undefined && bytes + sizeBytes(row.item) > maxPageBytes);
    if (isFull) {
      if (last && taken < left)
        page.continuation = writeContinuation(queryText, continuationAfter(last, left - taken));
      break;
    }
    const shown = horizon ? container.changes.asOf(row.partition, row.id, row, horizon) : row;
    const document = shown && project(query.selection, shown.item);
    if (document !== undefined) page.documents.push(document);
    taken++;
    bytes += sizeBytes(row.item);
    last = row;
  }
  page.charge = queryCharge({ isFirst: !start, loadedBytes: bytes, returned: page.documents.length });
  return page;
}

function continuationAfter({ seq, rank, value }: FoundRow, left: number): Continuation {
  const after = rank === null || value === null ? { seq } : { seq, sort: { rank, value } };
  return Number.isFinite(left) ? { after, left } : { after };
}

function readRows(
  container: Container,
  { where, orderBy }: Query,
  filter: Fragment,
  after: Position | undefined,
  limit: number,
): Iterable<FoundRow> {
  const [rank, value] = orderBy
    ? [rankExpression(orderBy.path), valueExpression(orderBy.path)]
    : ['NULL', 'NULL'];
  const direction = orderBy?.descending ? 'DESC' : 'ASC';
  // Ordered by the rank as well, SQLite sorts all that is found: it does not see that the condition has said it.
  const isRanked = orderBy && !(where && onlyType(where, orderBy.path));
  const columns = [...(isRanked ? [rank] : []), ...(orderBy ? [value] : []), 'seq'];
  const order = columns.map(column => `${column} ${direction}`);
  const from = after ? join([filter, isBehind(after)], 'AND') : filter;
  return container.storage
    .prepare(
      `SELECT seq, partition_key AS partition, id, etag, item, ${rank} AS rank, ${value} AS value FROM ${container.table}
       WHERE ${from.text} ORDER BY ${order.join(', ')} LIMIT ?`,
    )
    .iterate(...from.values, limit) as Iterable<FoundRow>;

  function isBehind({ seq, sort }: Position): Fragment {
    const operator = direction === 'ASC' ? '>' : '<';
    const values = [...(isRanked && sort ? [sort.rank] : []), ...(sort ? [sort.value] : []), seq];
    return fragment(`(${columns.join(', ')}) ${operator} (${values.map(() => '?').join(', ')})`, ...values);
  }
}
