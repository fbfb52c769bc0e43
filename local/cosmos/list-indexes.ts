// Indexes on the elements of lists: Cosmos has one, SQLite has none of what is within JSON. A list gets its own when a query first asks for it.
import type { DatabaseSync } from 'node:sqlite';
import type { Json } from './json.ts';
import { type Fragment, fragment } from './sql/fragment.ts';
import type { Condition, Path } from './sql/syntax.ts';
import { jsonPath } from './sql/typed-path.ts';
import { inTransaction } from './storage.ts';

/** Of more items than these it is quicker to go through them in the order of the query, which most pages end soon. */
const manyItems = 100_000;

/** What finds the `seq` of items, and of how many; no more than one above `manyItems` are counted. */
type Found = { seqs: Fragment; items: number };

export class ListIndexes {
  readonly #storage: DatabaseSync;
  readonly #table: string;
  readonly #known = new Set<string>();

  constructor(storage: DatabaseSync, table: string) {
    this.#storage = storage;
    this.#table = table;
  }

  /**
   * Holds for all items that a condition finds and for few others; undefined where no list tells so.
   * @param partition undefined for all
   */
  narrow(where: Condition, partition: string | undefined): Fragment | undefined {
    const found = this.#find(where, partition);
    if (!found || found.items > manyItems) return undefined;
    return fragment(`seq IN (${found.seqs.text})`, ...found.seqs.values);
  }

  /** Removes what is kept beside the table. */
  drop(): void {
    const tables = this.#storage
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB ?")
      .all(this.#nameOf('*'));
    for (const { name } of tables) this.#storage.exec(`DROP TABLE "${name}"`);
  }

  #find(condition: Condition, partition: string | undefined): Found | undefined {
    switch (condition.kind) {
      case 'and':
        return condition.parts
          .flatMap(part => this.#find(part, partition) ?? [])
          .toSorted((one, other) => one.items - other.items)[0];
      case 'or': {
        const parts = condition.parts.flatMap(part => this.#find(part, partition) ?? []);
        return parts.length === condition.parts.length ? union(parts) : undefined;
      }
      case 'call': {
        const [list, element] = condition.operands;
        if (condition.name !== 'ARRAY_CONTAINS' || list?.kind !== 'path') return undefined;
        return element?.kind === 'constant'
          ? this.#findElement(list.path, element.value, partition)
          : undefined;
      }
      default:
        return undefined;
    }
  }

  #findElement(path: Path, element: Json, partition: string | undefined): Found | undefined {
    if (typeof element !== 'string' && typeof element !== 'number') return undefined;
    const from = `SELECT seq FROM "${this.#ensure(path)}" WHERE element = ?`;
    const seqs =
      partition === undefined
        ? fragment(from, element)
        : fragment(`${from} AND partition_key = ?`, element, partition);
    const counted = this.#storage
      .prepare(`SELECT count(*) AS items FROM (${seqs.text} LIMIT ?)`)
      .get(...seqs.values, manyItems + 1);
    return { seqs, items: Number(counted?.items) };
  }

  /** The name of the index, which triggers keep from then on, whoever writes. */
  #ensure(path: Path): string {
    const name = this.#nameOf(path.join('.'));
    if (this.#known.has(name)) return name;
    inTransaction(this.#storage, () => {
      const isThere = this.#storage.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get(name);
      if (!isThere) this.#create(name, jsonPath(path));
    });
    this.#known.add(name);
    return name;
  }

  #create(name: string, path: string): void {
    const table = this.#table;
    // Of what is no list json_each gives members or the value itself. A list may have an element twice.
    const elements = (row: string) =>
      `json_each(${row}.item, ${path}) AS one WHERE json_type(${row}.item, ${path}) = 'array' AND one.type IN ('text', 'integer', 'real')`;
    const add = (row: string, from: string) =>
      `INSERT OR IGNORE INTO "${name}" SELECT one.value, ${row}.partition_key, ${row}.seq FROM ${from}${elements(row)};`;
    const remove = `DELETE FROM "${name}" WHERE element IN (SELECT one.value FROM ${elements('old')}) AND partition_key = old.partition_key AND seq = old.seq;`;
    const hasChanged = `(old.item -> ${path}) IS NOT (new.item -> ${path})`;
    this.#storage.exec(`
      CREATE TABLE "${name}" (element, partition_key, seq, PRIMARY KEY (element, partition_key, seq)) WITHOUT ROWID;
      ${add(table, `${table}, `)}
      CREATE TRIGGER "${name} insert" AFTER INSERT ON ${table} BEGIN ${add('new', '')} END;
      CREATE TRIGGER "${name} delete" AFTER DELETE ON ${table} BEGIN ${remove} END;
      CREATE TRIGGER "${name} update" AFTER UPDATE OF item ON ${table} WHEN ${hasChanged} BEGIN ${remove} ${add('new', '')} END;
    `);
  }

  #nameOf(path: string): string {
    return `${this.#table} elements ${path}`;
  }
}

function union(parts: readonly Found[]): Found {
  return {
    seqs: fragment(
      parts.map(({ seqs }) => seqs.text).join(' UNION ALL '),
      ...parts.flatMap(({ seqs }) => seqs.values),
    ),
    items: parts.reduce((sum, { items }) => sum + items, 0),
  };
}
