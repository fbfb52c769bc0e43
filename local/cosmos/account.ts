// The account: its databases and containers, as they are kept and as they are made from infra/entities.json.
import type { DatabaseSync } from 'node:sqlite';
import { Container } from './container.ts';
import {
  type ContainerDefinition,
  type ContainerEntity,
  definitionOfEntity,
} from './container-definition.ts';
import { conflict, notFound } from './cosmos-error.ts';
import { inTransaction } from './storage.ts';

/** The `cosmos` member of infra/entities.json. */
export type CosmosEntities = { database: string; containers: readonly ContainerEntity[] };

type ContainerRow = { number: number; database: string; definition: string };

export class Account {
  readonly #storage: DatabaseSync;
  readonly #now: () => number;
  readonly #containers = new Map<string, Container>();

  constructor(storage: DatabaseSync, now: () => number) {
    this.#storage = storage;
    this.#now = now;
    const rows = storage.prepare('SELECT number, database, definition FROM containers').all();
    for (const { number, database, definition } of rows as ContainerRow[]) {
      this.#open(database, number, JSON.parse(definition)).sweep();
    }
  }

  /** Creates what is missing and takes over changed times to live. A changed partition key cannot be taken over. */
  ensure({ database, containers }: CosmosEntities): void {
    if (!this.hasDatabase(database)) this.createDatabase(database);
    for (const entity of containers) {
      const wanted = definitionOfEntity(entity);
      const existing = this.#containers.get(keyOf(database, wanted.id));
      if (!existing) this.createContainer(database, wanted);
      else this.#redefine(database, existing, wanted);
    }
  }

  hasDatabase(id: string): boolean {
    return this.#storage.prepare('SELECT 1 FROM databases WHERE id = ?').get(id) !== undefined;
  }

  createDatabase(id: string): void {
    if (this.hasDatabase(id)) throw conflict(`Database '${id}'`);
    this.#storage.prepare('INSERT INTO databases (id) VALUES (?)').run(id);
  }

  deleteDatabase(id: string): void {
    if (!this.hasDatabase(id)) throw notFound(`Database '${id}'`);
    inTransaction(this.#storage, () => {
      const rows = this.#storage.prepare('SELECT id FROM containers WHERE database = ?').all(id);
      for (const row of rows) this.deleteContainer(id, String(row.id));
      this.#storage.prepare('DELETE FROM databases WHERE id = ?').run(id);
    });
  }

  createContainer(database: string, definition: ContainerDefinition): void {
    if (!this.hasDatabase(database)) throw notFound(`Database '${database}'`);
    const key = keyOf(database, definition.id);
    if (this.#containers.has(key)) throw conflict(`Container '${key}'`);
    const { lastInsertRowid } = this.#storage
      .prepare('INSERT INTO containers (database, id, definition) VALUES (?, ?, ?)')
      .run(database, definition.id, JSON.stringify(definition));
    this.#open(database, Number(lastInsertRowid), definition);
  }

  container(database: string, id: string): Container {
    const container = this.#containers.get(keyOf(database, id));
    if (!container) throw notFound(`Container '${keyOf(database, id)}'`);
    return container;
  }

  deleteContainer(database: string, id: string): void {
    const container = this.container(database, id);
    inTransaction(this.#storage, () => {
      container.drop();
      this.#storage.prepare('DELETE FROM containers WHERE database = ? AND id = ?').run(database, id);
    });
    this.#containers.delete(keyOf(database, id));
  }

  #open(database: string, number: number, definition: ContainerDefinition): Container {
    const container = new Container(this.#storage, number, definition, this.#now);
    this.#containers.set(keyOf(database, definition.id), container);
    return container;
  }

  #redefine(database: string, existing: Container, wanted: ContainerDefinition): void {
    const [had, want] = [existing.definition, wanted].map(({ partitionKeyPath }) =>
      partitionKeyPath.join('/'),
    );
    if (had !== want) {
      throw new Error(
        `Container '${wanted.id}' was made with partition key /${had}, now /${want}: reset the data first.`,
      );
    }
    const { number } = this.#storage
      .prepare('UPDATE containers SET definition = ? WHERE database = ? AND id = ? RETURNING number')
      .get(JSON.stringify(wanted), database, wanted.id) as { number: number };
    this.#open(database, number, wanted);
  }
}

function keyOf(database: string, container: string): string {
  return `${database}/${container}`;
}
