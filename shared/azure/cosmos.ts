// The database: its client, its containers, and what its status codes mean to us.
import { isDeepStrictEqual } from 'node:util';
import type { Container, ErrorResponse } from '@azure/cosmos';
import type { Config } from '../config.ts';
import { MaloteError } from '../errors.ts';
import { managedIdentity } from './managed-identity.ts';
import { sparingPlans, withinPartition } from './query-plans.ts';

/** The containers of infra/entities.json. */
export type Database = {
  catalog: Container;
  mailboxes: Container;
  ledger: Container;
  surveys: Container;
  audit: Container;
};

/** Opens the database with the account's key, or with the app's managed identity where none is set. */
export async function openDatabase({ endpoint, database, key }: Config['cosmos']): Promise<{
  database: Database;
  close: () => void;
}> {
  const [{ CosmosClient }, { openHttpClient }, { createHttpHeaders }] = await Promise.all([
    import('@azure/cosmos'),
    import('./http-client.ts'),
    import('@azure/core-rest-pipeline'),
  ]);
  const client = new CosmosClient({
    endpoint,
    ...(key === undefined ? { aadCredentials: managedIdentity } : { key }),
    // The SDK sends session tokens only then: without them we might not read what we ourselves have written.
    consistencyLevel: 'Session',
    httpClient: sparingPlans(openHttpClient(), createHttpHeaders),
    // The SDK waits out 429 as the account asks, up to these bounds; beyond them the caller's own back-off is better.
    connectionPolicy: {
      requestTimeout: 10_000,
      enableEndpointDiscovery: false,
      retryOptions: {
        maxRetryAttemptCount: 9,
        fixedRetryIntervalInMilliseconds: 0,
        maxWaitTimeInSeconds: 15,
      },
    },
  });
  const container = (name: string) => client.database(database).container(name);
  return {
    database: {
      catalog: container('catalog'),
      mailboxes: container('mailboxes'),
      ledger: container('ledger'),
      surveys: container('surveys'),
      audit: container('audit'),
    },
    close: () => client.dispose(),
  };
}

/** An item as it was read: its content and the ETag to change it by. */
export type Stored<T> = { value: T; etag: string };

/** What an item carries beside our own members. */
type SystemMembers = { _etag: string; _rid: string; _self: string; _ts: number; _attachments: string };

/** Splits what the database sends into our content and its ETag. */
export function toStored<T>(resource: T & Partial<SystemMembers>): Stored<T> {
  const { _etag, _rid, _self, _ts, _attachments, ...value } = resource;
  return { value: value as unknown as T, etag: _etag ?? '' };
}

/**
 * Whether what was found is what was to be written, as JSON has it. A write whose answer was lost is sent again
 * (`http-client.ts`), and refused then by what it wrote itself: by this an own write is told from another's.
 */
export function isAsWritten(found: unknown, written: object): boolean {
  return isDeepStrictEqual(found, JSON.parse(JSON.stringify(written)));
}

/**
 * `property IN (...)` with a parameter for each of `values`, of which there must be one at least. In this form the index is
 * known to serve it (https://learn.microsoft.com/azure/cosmos-db/index-overview#index-usage); of ARRAY_CONTAINS(@list, property)
 * no page says so.
 */
export function isOneOf(property: string, values: readonly string[]): Condition {
  const names = values.map((_, index) => `@${property}${index}`);
  const parameters = Object.fromEntries(values.map((value, index) => [names[index], value]));
  return { text: `c.${property} IN (${names.join(', ')})`, parameters };
}

/** A part of a query, or one that is whole, and the parameters that it names. */
export type Condition = { text: string; parameters: Record<string, string> };

/**
 * Every row of a query within one partition, in pages as large as the service makes them: its own 100 would make a hundred
 * requests of 10,000 rows.
 * @throws MaloteError `dependency_unavailable`
 */
export async function queryPartition<T>(
  container: Container,
  what: string,
  partition: string,
  { text, parameters }: Condition,
): Promise<T[]> {
  const query = {
    query: text,
    parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })),
  };
  const { resources } = await request(what, () =>
    container.items.query<T>(query, { ...withinPartition(partition), maxItemCount: -1 }).fetchAll(),
  );
  return resources;
}

/**
 * Runs one request to the database and gives its failures our codes.
 * @throws MaloteError `not_found` (404), `conflict` (409: the id is taken), `precondition_failed` (412: the ETag moved),
 *   `too_large` (413), `refused_by_store` (other 4xx, for ever), `dependency_unavailable` (all else; it may be tried again)
 */
export async function request<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toStoreError(what, error);
  }
}

/**
 * Refusals that somebody mends or that pass, and that accuse no item: a role that was lost, a partition that is full (401, 403),
 * time-outs, splits, throttling, retries. https://learn.microsoft.com/rest/api/cosmos-db/http-status-codes-for-cosmosdb
 */
const PASSING = new Set([401, 403, 408, 410, 429, 449]);

/** The code for a status of the database, also for those of single operations in a transactional batch. */
export function storeErrorOf(what: string, status: number, cause?: unknown): MaloteError {
  const made = (code: MaloteError['code'], message: string) =>
    new MaloteError(code, `${what}: ${message}`, { cause });
  if (status === 404) return made('not_found', 'no such item.');
  if (status === 409) return made('conflict', 'the id is taken.');
  if (status === 412) return made('precondition_failed', 'it was changed meanwhile.');
  if (status === 413) return made('too_large', 'larger than the database allows.');
  if (status >= 400 && status < 500 && !PASSING.has(status))
    return made('refused_by_store', `the database refused the request (${status}).`);
  return made('dependency_unavailable', `the database is not available (${status}).`);
}

function toStoreError(what: string, error: unknown): MaloteError {
  if (error instanceof MaloteError) return error;
  const status = statusOf(error);
  if (status !== undefined) return storeErrorOf(what, status, error);
  if (error instanceof Error && error.name === 'TimeoutError') return storeErrorOf(what, 408, error);
  return new MaloteError('dependency_unavailable', `${what}: the database cannot be reached.`, {
    cause: error,
  });
}

/** A batch that fails as a whole throws a plain error whose cause has the status. */
function statusOf(error: unknown): number | undefined {
  const response = error instanceof Error && isResponse(error.cause) ? error.cause : error;
  return isResponse(response) ? response.code : undefined;
}

/** Told by what it has: the class is loaded with the SDK alone. Its code is the status. */
function isResponse(error: unknown): error is ErrorResponse & { code: number } {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}
