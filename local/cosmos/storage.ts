// The SQLite file behind the stand-in: how it is opened, and what a transaction on it is.
import { DatabaseSync } from 'node:sqlite';

/** Opens `file` (`:memory:` for none), creating what is missing in it. */
export function openStorage(file: string): DatabaseSync {
  const storage = new DatabaseSync(file);
  // With a write-ahead log, NORMAL loses nothing when a process is killed, only when the machine is.
  storage.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA analysis_limit = 400;
    CREATE TABLE IF NOT EXISTS databases (id TEXT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS containers (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      database TEXT NOT NULL,
      id TEXT NOT NULL,
      definition TEXT NOT NULL,
      UNIQUE (database, id)
    );
  `);
  // SQLite's own lower() knows ASCII alone.
  storage.function('lower_case', { deterministic: true }, text => String(text).toLowerCase());
  return storage;
}

/** Does `work` in one transaction, or as part of the one that is open: all of it, or nothing when it throws. */
export function inTransaction<Result>(storage: DatabaseSync, work: () => Result): Result {
  if (storage.isTransaction) return work();
  storage.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    storage.exec('COMMIT');
    return result;
  } catch (error) {
    storage.exec('ROLLBACK');
    throw error;
  }
}
