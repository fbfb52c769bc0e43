// Indexes on properties. Cosmos has one on each; here a property gets its index when a query first asks for it.
import type { DatabaseSync } from 'node:sqlite';
import { operandsOf } from './sql/operands.ts';
import type { Condition, Path, Query } from './sql/syntax.ts';
import { rankExpression, valueExpression } from './sql/typed-path.ts';

/** After so many writes SQLite's idea of which index is selective is out of date. */
const writesPerAnalysis = 1000;

export class PropertyIndexes {
  readonly #storage: DatabaseSync;
  readonly #table: string;
  readonly #partitionKey: string;
  readonly #known = new Set<string>();
  #writesSinceAnalysis = writesPerAnalysis;

  constructor(storage: DatabaseSync, table: string, partitionKeyPath: Path) {
    this.#storage = storage;
    this.#table = table;
    this.#partitionKey = nameOf(partitionKeyPath);
  }

  noteWrite(): void {
    this.#writesSinceAnalysis++;
  }

  /** Makes what this query is answered from; `scoped` when it looks into one partition. */
  prepare({ selection, where, orderBy }: Query, scoped: boolean): void {
    const paths = [...(where ? lookedUpPaths(where) : []), ...(orderBy ? [orderBy.path] : [])]
      // It is a column of its own.
      .filter(path => nameOf(path) !== this.#partitionKey);
    for (const path of paths) {
      const rank = rankExpression(path);
      this.#ensure(nameOf(path), columnsOf(path), scoped, `WHERE ${rank} IS NOT NULL`);
    }
    if (selection.kind === 'count' && where && paths.length > 1 && isOfEqualities(where)) {
      // SQLite joins no indexes: of each item that one of them finds it would read the rest in its JSON, and count a million in seconds.
      const columns = [...paths.flatMap(columnsOf), 'changed_at', 'ttl'];
      this.#ensure(`count ${paths.map(nameOf).join()}`, columns, scoped);
    }
    if (this.#writesSinceAnalysis < writesPerAnalysis) return;
    // A sample of a few hundred rows (PRAGMA analysis_limit): well under a millisecond, whatever the table's size.
    this.#storage.exec(`ANALYZE ${this.#table}`);
    this.#writesSinceAnalysis = 0;
  }

  #ensure(of: string, columns: readonly string[], scoped: boolean, where = ''): void {
    const name = `${this.#table}${scoped ? ' partition' : ''} ${of}`;
    if (this.#known.has(name)) return;
    const all = [...(scoped ? ['partition_key'] : []), ...columns].join(', ');
    this.#storage.exec(`CREATE INDEX IF NOT EXISTS "${name}" ON ${this.#table} (${all}) ${where}`);
    this.#known.add(name);
    this.#writesSinceAnalysis = writesPerAnalysis;
  }
}

function nameOf(path: Path): string {
  return path.join('.');
}

function columnsOf(path: Path): readonly string[] {
  return [rankExpression(path), valueExpression(path)];
}

/** The properties that a condition compares; not those it searches within, which an index of their values does not answer. */
function lookedUpPaths(condition: Condition): Path[] {
  const operands = operandsOf(condition, ({ name, operands: [first] }) => {
    if (name === 'ARRAY_CONTAINS') return first?.kind === 'constant';
    return name !== 'STARTSWITH' && name !== 'CONTAINS';
  });
  return operands.flatMap(operand => (operand.kind === 'path' ? [operand.path] : []));
}

function isOfEqualities(condition: Condition): boolean {
  if (condition.kind === 'and') return condition.parts.every(isOfEqualities);
  return condition.kind === 'compare' && condition.operator === '=';
}
