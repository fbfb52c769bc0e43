// What a request costs, in request units (RU): good for proportions, as Microsoft publishes its rules of thumb and no more.
// https://learn.microsoft.com/azure/cosmos-db/understand-request-unit-consumption, which calls its own figures illustrative.
import { withoutSystemProperties } from './item-rules.ts';
import { isObject, type Json, sizeBytes } from './json.ts';

/** By size of the item: RU to read it by its id, and to write it without its index. */
const published = [
  { kilobytes: 1, read: 1, write: 4.95 },
  { kilobytes: 2, read: 1.04, write: 6.29 },
  { kilobytes: 4, read: 1.14, write: 6.67 },
  { kilobytes: 8, read: 1.33, write: 7.04 },
  { kilobytes: 16, read: 1.67, write: 9.52 },
  { kilobytes: 32, read: 2.19, write: 11.23 },
  { kilobytes: 64, read: 4.76, write: 22.67 },
  { kilobytes: 128, read: 9.95, write: 48.19 },
  { kilobytes: 256, read: 20.28, write: 98.29 },
  { kilobytes: 512, read: 40.95, write: 184.57 },
  { kilobytes: 1024, read: 145.9, write: 625 },
  { kilobytes: 2048, read: 291.8, write: 1250 },
];

/** A property that comes into the index or leaves it. */
const indexedTerm = 0.2;
const patchedProperty = 0.4;

// Three queries whose charge and metrics are published agree on this within 0.1 %: 2,000 items of 1,126 kB in all were
// 604.42 RU, one of 10 kB 3.19, and a scan of 60,951 items of 400 MB that gave 7 of them 4,059.95
// (articles/cosmos-db/sql-api-query-metrics.md, optimize-cost-reads-writes.md, troubleshoot-query-performance.md).
const query = 2.8;
const loadedKilobyte = 0.01038;
const returnedItem = 0.295;

/** What is refused, not found or not modified costs about what it takes to look. */
export const lookCharge = 1;

/** `item` is JSON text. */
export function readCharge(item: string): number {
  return bySize('read', item);
}

/**
 * Of a write that leaves `after` (undefined: deleted) in the place of `before` (undefined: created); both JSON text.
 * @param isIndexed whether a property is in the index; all are unless told
 */
export function writeCharge(
  before: string | undefined,
  after: string | undefined,
  isIndexed: IsIndexed = () => true,
): number {
  const [had, has] = [before, after].map(item =>
    item === undefined ? new Set<string>() : termsOf(item, isIndexed),
  );
  const changed = had?.symmetricDifference(has ?? new Set()).size ?? 0;
  const sizes = [before, after].map(item => (item === undefined ? 0 : bySize('write', item)));
  return sizes.reduce((a, b) => a + b) + changed * indexedTerm;
}

/** What so many properties of a patch cost beside the write. */
export function patchCharge(properties: number): number {
  return properties * patchedProperty;
}

type IsIndexed = (path: readonly string[]) => boolean;

/** Of one page of a query; what begins a query is charged with its first. */
export function queryCharge(page: { isFirst: boolean; loadedBytes: number; returned: number }): number {
  const beginning = page.isFirst ? query : 0;
  return beginning + (page.loadedBytes / 1024) * loadedKilobyte + page.returned * returnedItem;
}

/** Between two sizes of the table in proportion; beyond it as it ends. */
function bySize(operation: 'read' | 'write', item: string): number {
  const kilobytes = sizeBytes(item) / 1024;
  const next = published.findIndex(row => row.kilobytes >= kilobytes);
  const [below, above] = [published[next - 1], published.at(next)];
  if (!above) throw new Error('The table of charges is empty.');
  if (!below) return above[operation];
  const share = (kilobytes - below.kilobytes) / (above.kilobytes - below.kilobytes);
  return below[operation] + share * (above[operation] - below[operation]);
}

/** Paths with their values, as the index has them: elements of a list share their path. */
function termsOf(item: string, isIndexed: IsIndexed): Set<string> {
  const terms = new Set<string>();
  collect(withoutSystemProperties(JSON.parse(item)), []);
  return terms;

  function collect(value: Json, path: readonly string[]): void {
    if (Array.isArray(value)) for (const element of value) collect(element, path);
    else if (isObject(value)) {
      for (const [name, member] of Object.entries(value)) collect(member, [...path, name]);
    } else if (isIndexed(path)) terms.add(`${path.join('/')} ${JSON.stringify(value)}`);
  }
}

/** What requests have cost, by operation: `read mailboxes`, `batch ledger`, ... */
export class Charges {
  #byOperation = new Map<string, { requests: number; units: number }>();

  add(operation: string, units: number): void {
    const so = this.#byOperation.get(operation) ?? { requests: 0, units: 0 };
    this.#byOperation.set(operation, { requests: so.requests + 1, units: so.units + units });
  }

  /** All since the last time that it was asked. */
  take(): Map<string, { requests: number; units: number }> {
    const taken = this.#byOperation;
    this.#byOperation = new Map();
    return taken;
  }
}
