// Where the next page of a query begins: a token the client keeps and sends back, opaque to it.
import { createHash } from 'node:crypto';
import { badRequest } from './cosmos-error.ts';
import { isObject, type Json } from './json.ts';

/** The last row of a page. Pages are cut by what rows are, not by their number, so that writes in between shift nothing. */
export type Position = {
  seq: number;
  /** Rank and value of the property the query is ordered by. */
  sort?: { rank: number; value: string | number };
};

export type Continuation = {
  after: Position;
  /** How many rows TOP still allows. */
  left?: number;
};

export function writeContinuation(queryText: string, continuation: Continuation): string {
  const token = { ...continuation, query: fingerprint(queryText) };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** Throws 400 for what is no token of this query. */
export function readContinuation(queryText: string, token: string): Continuation {
  const parsed = parse(token);
  if (!isObject(parsed) || parsed.query !== fingerprint(queryText)) {
    throw badRequest('The continuation token is malformed, or is another query’s.');
  }
  const { query: _checked, ...continuation } = parsed;
  return continuation as Continuation;
}

function parse(token: string): Json {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    return null;
  }
}

function fingerprint(queryText: string): string {
  return createHash('sha256').update(queryText).digest('base64url').slice(0, 12);
}
