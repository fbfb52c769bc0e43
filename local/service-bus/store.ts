// Keeps messages in SQLite: what was acknowledged outlives the process. It knows rows; what they mean is queue.ts.

import { DatabaseSync, type StatementSync } from 'node:sqlite';

export type MessageState = 'active' | 'deferred' | 'scheduled';

/** Times are milliseconds since 1970. */
export type StoredMessage = {
  /** Increasing over the whole namespace, never used twice. */
  sequenceNumber: number;
  /** Path of the queue, subscription or dead-letter queue it is in; of the topic while it is scheduled there. */
  entity: string;
  state: MessageState;
  enqueuedAt: number;
  /** When a scheduled message is to enter. */
  dueAt: number | null;
  expiresAt: number | null;
  deliveryCount: number;
  lockToken: string | null;
  lockedUntil: number | null;
  /** The message as AMQP bytes. */
  content: Uint8Array;
};

const schema = `
  CREATE TABLE IF NOT EXISTS messages (
    sequenceNumber INTEGER PRIMARY KEY AUTOINCREMENT,
    entity TEXT NOT NULL,
    state TEXT NOT NULL,
    enqueuedAt INTEGER NOT NULL,
    dueAt INTEGER,
    expiresAt INTEGER,
    deliveryCount INTEGER NOT NULL,
    lockToken TEXT,
    lockedUntil INTEGER,
    content BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS byEntity ON messages (entity, sequenceNumber);
  CREATE INDEX IF NOT EXISTS available ON messages (entity, sequenceNumber) WHERE state = 'active' AND lockToken IS NULL;
  CREATE UNIQUE INDEX IF NOT EXISTS byLock ON messages (lockToken) WHERE lockToken IS NOT NULL;
  CREATE INDEX IF NOT EXISTS byLockEnd ON messages (lockedUntil) WHERE lockToken IS NOT NULL;
  CREATE INDEX IF NOT EXISTS byDueTime ON messages (dueAt) WHERE state = 'scheduled';
  CREATE INDEX IF NOT EXISTS byExpiry ON messages (expiresAt) WHERE state = 'active' AND lockToken IS NULL;
  CREATE TABLE IF NOT EXISTS history (
    entity TEXT NOT NULL,
    messageId TEXT NOT NULL,
    forgetAt INTEGER NOT NULL,
    PRIMARY KEY (entity, messageId)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS byForgetTime ON history (forgetAt);
`;

export class MessageStore {
  readonly #database: DatabaseSync;
  readonly #statements: Record<keyof typeof statements, StatementSync>;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    // One broker a file: a second one is told "database is locked" instead of handing out the same messages.
    this.#database.exec('PRAGMA locking_mode = EXCLUSIVE');
    // NORMAL in WAL mode survives the end of the process, however sudden; only a power cut may cost the last commits.
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    this.#database.exec(schema);
    // Locks belong to connections, and those ended with the process that held them.
    this.#database.exec(
      'UPDATE messages SET lockToken = NULL, lockedUntil = NULL WHERE lockToken IS NOT NULL',
    );
    const prepared = Object.entries(statements).map(([name, sql]) => [name, this.#database.prepare(sql)]);
    this.#statements = Object.fromEntries(prepared);
  }

  close(): void {
    this.#database.close();
  }

  /** All of the work or, if it throws, nothing of it. Inside another transaction it is part of that one. */
  transaction<Result>(work: () => Result): Result {
    if (this.#database.isTransaction) return work();
    this.#database.exec('BEGIN');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** The sequence number it got. */
  add(message: Omit<StoredMessage, 'sequenceNumber'>): number {
    return Number(this.#statements.add.run(message).lastInsertRowid);
  }

  save(message: StoredMessage): void {
    this.#statements.save.run(message);
  }

  remove(sequenceNumber: number): void {
    this.#statements.remove.run(sequenceNumber);
  }

  findByLock(lockToken: string): StoredMessage | undefined {
    return this.#statements.findByLock.get(lockToken) as StoredMessage | undefined;
  }

  find(sequenceNumber: number): StoredMessage | undefined {
    return this.#statements.find.get(sequenceNumber) as StoredMessage | undefined;
  }

  /** Messages of every state, locked or not, in order. */
  listFrom(entity: string, sequenceNumber: number, limit: number): StoredMessage[] {
    return this.#statements.listFrom.all(entity, sequenceNumber, limit) as StoredMessage[];
  }

  /** Messages that can be handed out now, in order. */
  listAvailable(entity: string, now: number, limit: number): StoredMessage[] {
    return this.#statements.listAvailable.all(entity, now, limit) as StoredMessage[];
  }

  listDue(now: number): StoredMessage[] {
    return this.#statements.listDue.all(now) as StoredMessage[];
  }

  listExpired(now: number): StoredMessage[] {
    return this.#statements.listExpired.all(now) as StoredMessage[];
  }

  listLapsedLocks(now: number): StoredMessage[] {
    return this.#statements.listLapsedLocks.all(now) as StoredMessage[];
  }

  /** Remembers a message id; false when it was already known and not yet to be forgotten. */
  remember(entity: string, messageId: string, now: number, forgetAt: number): boolean {
    return this.#statements.remember.run(entity, messageId, forgetAt, now).changes > 0;
  }

  forgetHistory(now: number): void {
    this.#statements.forgetHistory.run(now);
  }
}

const statements = {
  add: `INSERT INTO messages (entity, state, enqueuedAt, dueAt, expiresAt, deliveryCount, lockToken, lockedUntil, content)
    VALUES (:entity, :state, :enqueuedAt, :dueAt, :expiresAt, :deliveryCount, :lockToken, :lockedUntil, :content)`,
  save: `UPDATE messages SET entity = :entity, state = :state, enqueuedAt = :enqueuedAt, dueAt = :dueAt,
      expiresAt = :expiresAt, deliveryCount = :deliveryCount, lockToken = :lockToken, lockedUntil = :lockedUntil,
      content = :content
    WHERE sequenceNumber = :sequenceNumber`,
  remove: 'DELETE FROM messages WHERE sequenceNumber = ?',
  find: 'SELECT * FROM messages WHERE sequenceNumber = ?',
  findByLock: 'SELECT * FROM messages WHERE lockToken = ?',
  listFrom: 'SELECT * FROM messages WHERE entity = ? AND sequenceNumber >= ? ORDER BY sequenceNumber LIMIT ?',
  listAvailable: `SELECT * FROM messages
    WHERE entity = ? AND state = 'active' AND lockToken IS NULL AND (expiresAt IS NULL OR expiresAt > ?)
    ORDER BY sequenceNumber LIMIT ?`,
  listDue: "SELECT * FROM messages WHERE state = 'scheduled' AND dueAt <= ? ORDER BY dueAt, sequenceNumber",
  listExpired: "SELECT * FROM messages WHERE state = 'active' AND lockToken IS NULL AND expiresAt <= ?",
  listLapsedLocks: 'SELECT * FROM messages WHERE lockToken IS NOT NULL AND lockedUntil <= ?',
  remember: `INSERT INTO history (entity, messageId, forgetAt) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET forgetAt = excluded.forgetAt WHERE history.forgetAt <= ?`,
  forgetHistory: 'DELETE FROM history WHERE forgetAt <= ?',
};
