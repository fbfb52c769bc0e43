// What the issuer remembers between requests, in SQLite: a consent outlives a restart of the stack.
import { DatabaseSync } from 'node:sqlite';
import type { AdapterPayload } from 'oidc-provider';
import type { Person } from './people.ts';

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS records (
    model TEXT NOT NULL,
    id TEXT NOT NULL,
    payload TEXT NOT NULL,
    grantId TEXT GENERATED ALWAYS AS (payload ->> 'grantId'),
    accountId TEXT GENERATED ALWAYS AS (payload ->> 'accountId'),
    PRIMARY KEY (model, id)
  ) STRICT;
`;

/** Rows are oidc-provider's models, by their names: Grant, RefreshToken, AuthorizationCode, Interaction. */
export class Records {
  readonly #database: DatabaseSync;

  /** `:memory:` keeps nothing. */
  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(schema);
    this.#run(`DELETE FROM records WHERE payload ->> 'exp' < unixepoch()`);
  }

  save(model: string, id: string, payload: AdapterPayload | Person): void {
    this.#run(
      'INSERT OR REPLACE INTO records (model, id, payload) VALUES (?, ?, ?)',
      model,
      id,
      JSON.stringify(payload),
    );
  }

  find(model: string, id: string): AdapterPayload | undefined {
    return this.#payload('SELECT payload FROM records WHERE model = ? AND id = ?', model, id);
  }

  findPerson(oid: string): Person | undefined {
    return this.find('Person', oid) as Person | undefined;
  }

  /** What a person consented to for an app. */
  findGrant(clientId: string, accountId: string): AdapterPayload | undefined {
    return this.#payload(
      `SELECT payload FROM records WHERE model = 'Grant' AND accountId = ? AND payload ->> 'clientId' = ?`,
      accountId,
      clientId,
    );
  }

  consume(model: string, id: string): void {
    this.#run(
      `UPDATE records SET payload = json_set(payload, '$.consumed', unixepoch()) WHERE model = ? AND id = ?`,
      model,
      id,
    );
  }

  destroy(model: string, id: string): void {
    this.#run('DELETE FROM records WHERE model = ? AND id = ?', model, id);
  }

  destroyOfGrant(model: string, grantId: string): void {
    this.#run('DELETE FROM records WHERE model = ? AND grantId = ?', model, grantId);
  }

  /** A person's refresh tokens stay, and belong to nothing. */
  destroyGrants(accountId: string): void {
    this.#run(`DELETE FROM records WHERE model = 'Grant' AND accountId = ?`, accountId);
  }

  /** A person's codes and refresh tokens are over. */
  expire(accountId: string): void {
    this.#run(
      `UPDATE records SET payload = json_set(payload, '$.exp', unixepoch() - 1)
       WHERE model IN ('AuthorizationCode', 'RefreshToken') AND accountId = ?`,
      accountId,
    );
  }

  close(): void {
    this.#database.close();
  }

  #run(sql: string, ...values: string[]): void {
    this.#database.prepare(sql).run(...values);
  }

  #payload(sql: string, ...values: string[]): AdapterPayload | undefined {
    const row = this.#database.prepare(sql).get(...values);
    return row && JSON.parse(String(row.payload));
  }
}
