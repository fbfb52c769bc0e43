// A request as the stand-in sees it, and the operation it turns out to be.
import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from './cosmos-error.ts';
import type { Json } from './json.ts';

export type CosmosRequest = {
  method: string;
  /** The parts of the path, decoded: `['dbs', 'malote', 'colls', 'ledger', 'docs', id]`. */
  segments: readonly string[];
  headers: IncomingHttpHeaders;
  body: string;
};

/** `charge` is in request units; without one it is that of a look. */
export type Answer = { status: number; headers?: Record<string, string>; body?: string; charge?: number };

/** `name` is what faults are set on, e.g. `create ledger`. `performBehind` answers from a replica that lags so far behind. */
export type Operation = { name: string; perform(): Answer; performBehind?(lagMs: number): Answer };

export function headerOf(request: CosmosRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The SDK writes `true` and `True`. */
export function isSet(request: CosmosRequest, name: string): boolean {
  return headerOf(request, name)?.toLowerCase() === 'true';
}

export function jsonBody({ body }: CosmosRequest): Json {
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest('The body is not JSON.');
  }
}
