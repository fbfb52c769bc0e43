// Indexes on properties. Cosmos has one on each; here a property gets its index when a query first asks for it.
import type { DatabaseSync } from 'node:sqlite';
import { operandsOf } from './sql/operands.ts';
import type { Condition, Path, Predicate, Query } from './sql/syntax.ts';
import { rankExpression, valueExpression } from './sql/typed-path.ts';

/** After so many writes SQLite's idea of which index is selective is out of date. */
const writesPerAnalysis = 1000;

export class PropertyIndexes {
  readonly #storage: DatabaseSync;
  readonly #table: string;
  readonly #known = new Set<string>();
  #writesSinceAnalysis = writesPerAnalysis;

  constructor(storage: DatabaseSync, table: string) {
    this.#storage = storage;
    this.#table = table;
  }

  noteWrite(): void {
    this.#writesSinceAnalysis++;
  }

  /** Makes what this query is answered from; `scoped` when it looks into one partition. */
  prepare(query: Query, scoped: boolean): void {
    const paths = query.where ? lookedUpPaths(query.where) : [];
    if (query.orderBy) paths.push(query.orderBy.path);
    for (const path of paths) this.#ensure(path, scoped);
    if (this.#writesSinceAnalysis < writesPerAnalysis) return;
    // A sample of a few hundred rows (PRAGMA analysis_limit): well under a millisecond, whatever the table's size.
    this.#storage.exec(`ANALYZE ${this.#table}`);
    this.#writesSinceAnalysis = 0;
  }

  #ensure(path: Path, scoped: boolean): void {
    const name = `${this.#table}${scoped ? ' partition' : ''} ${path.join('.')}`;
    if (this.#known.has(name)) return;
    const rank = rankExpression(path);
    const columns = `${scoped ? 'partition_key, ' : ''}${rank}, ${valueExpression(path)}`;
    this.#storage.exec(
      `CREATE INDEX IF NOT EXISTS "${name}" ON ${this.#table} (${columns}) WHERE ${rank} IS NOT NULL`,
    );
    this.#known.add(name);
    this.#writesSinceAnalysis = writesPerAnalysis;
  }
}

/** The properties that a condition compares; not those it searches within, which no index answers. */
function lookedUpPaths(condition: Condition): Path[] {
  const looksUp = (predicate: Predicate) => predicate !== 'STARTSWITH' && predicate !== 'CONTAINS';
  return operandsOf(condition, looksUp).flatMap(operand => (operand.kind === 'path' ? [operand.path] : []));
}
