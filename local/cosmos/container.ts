// One container: a table of items, each row with the item's JSON and the columns it is found by.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RecentChanges } from './changes.ts';
import type { ContainerDefinition } from './container-definition.ts';
import { isIndexed } from './index-policy.ts';
import { ListIndexes } from './list-indexes.ts';
import { PropertyIndexes } from './property-indexes.ts';
import { type Fragment, fragment } from './sql/fragment.ts';

/** `seq` counts creations and is never given twice, so that pages can be cut by it while items come and go. */
export type Row = { seq: number; etag: string; item: string };

export type NewRow = { etag: string; changedAtSeconds: number; ttlSeconds: number | null; item: string };

export class Container {
  readonly storage: DatabaseSync;
  readonly table: string;
  readonly definition: ContainerDefinition;
  readonly indexes: PropertyIndexes;
  readonly lists: ListIndexes;
  readonly isIndexed: (path: readonly string[]) => boolean;
  readonly changes: RecentChanges<Row>;
  readonly #indexed = new Map<string, boolean>();
  readonly #conditions = new Map<string, StatementSync>();
  readonly #now: () => number;
  readonly #find: StatementSync;
  readonly #removeExpired: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #remove: StatementSync;

  /** `now` is in milliseconds. The table is made when it is missing. */
  constructor(storage: DatabaseSync, number: number, definition: ContainerDefinition, now: () => number) {
    this.storage = storage;
    this.table = `items_${number}`;
    this.definition = definition;
    this.isIndexed = path => {
      const name = path.join('/');
      const known = this.#indexed.get(name) ?? isIndexed(definition, path);
      this.#indexed.set(name, known);
      return known;
    };
    this.#now = now;
    this.indexes = new PropertyIndexes(storage, this.table, definition.partitionKeyPath);
    this.lists = new ListIndexes(storage, this.table);
    this.changes = new RecentChanges(now);
    storage.exec(`
      CREATE TABLE IF NOT EXISTS ${this.table} (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        partition_key TEXT NOT NULL,
        id TEXT NOT NULL,
        changed_at INTEGER NOT NULL,
        ttl INTEGER,
        etag TEXT NOT NULL,
        item TEXT NOT NULL,
        UNIQUE (partition_key, id)
      );
      CREATE INDEX IF NOT EXISTS ${this.table}_in_order ON ${this.table} (partition_key);
    `);
    const isLive = this.#liveText();
    this.#find = storage.prepare(
      `SELECT seq, etag, item FROM ${this.table} WHERE partition_key = ? AND id = ? AND ${isLive}`,
    );
    this.#removeExpired = storage.prepare(
      `DELETE FROM ${this.table} WHERE partition_key = ? AND id = ? AND NOT ${isLive}`,
    );
    this.#insert = storage.prepare(
      `INSERT INTO ${this.table} (partition_key, id, etag, changed_at, ttl, item) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#update = storage.prepare(
      `UPDATE ${this.table} SET etag = ?, changed_at = ?, ttl = ?, item = ? WHERE seq = ?`,
    );
    this.#remove = storage.prepare(`DELETE FROM ${this.table} WHERE seq = ?`);
  }

  /** The clock of `_ts` and of every expiry. */
  get nowSeconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  /** An item past its time to live is not there, whether or not its row still is. */
  find(partition: string, id: string): Row | undefined {
    return this.#find.get(partition, id, this.nowSeconds) as Row | undefined;
  }

  insert(partition: string, id: string, row: NewRow): void {
    this.#removeExpired.run(partition, id, this.nowSeconds);
    this.#insert.run(partition, id, row.etag, row.changedAtSeconds, row.ttlSeconds, row.item);
    this.changes.note(partition, id, undefined);
    this.indexes.noteWrite();
  }

  update(partition: string, id: string, old: Row, row: NewRow): void {
    this.#update.run(row.etag, row.changedAtSeconds, row.ttlSeconds, row.item, old.seq);
    this.changes.note(partition, id, old);
    this.indexes.noteWrite();
  }

  remove(partition: string, id: string, old: Row): void {
    this.#remove.run(old.seq);
    this.changes.note(partition, id, old);
  }

  /** Whether a condition in SQL is true for a row; patches ask few conditions, many times. */
  holds({ seq }: Row, { text, values }: Fragment): boolean {
    let statement = this.#conditions.get(text);
    if (!statement) {
      statement = this.storage.prepare(`SELECT 1 FROM ${this.table} WHERE seq = ? AND (${text})`);
      this.#conditions.set(text, statement);
    }
    return statement.get(seq, ...values) !== undefined;
  }

  /** Holds for rows whose item has not expired. */
  isLive(): Fragment {
    return fragment(this.#liveText(), this.nowSeconds);
  }

  /** Gives back the room of what has expired. */
  sweep(): void {
    this.storage.prepare(`DELETE FROM ${this.table} WHERE NOT ${this.#liveText()}`).run(this.nowSeconds);
  }

  /** Removes the table, and what is kept beside it. */
  drop(): void {
    this.lists.drop();
    this.storage.exec(`DROP TABLE ${this.table}`);
  }

  /** An item's own `ttl` counts only where the container has a default; -1 is "never". */
  #liveText(): string {
    const { defaultTtlSeconds } = this.definition;
    const ttl = defaultTtlSeconds === null ? '-1' : `coalesce(ttl, ${defaultTtlSeconds})`;
    return `(${ttl} = -1 OR changed_at + ${ttl} > ?)`;
  }
}
