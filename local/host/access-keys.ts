// Who may call a function by key, as Azure's authLevel says: anyone, a function or host key, the master key.
// https://learn.microsoft.com/azure/azure-functions/function-keys-how-to

import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AuthLevel } from './function-definition.ts';

export type AccessKeys = {
  /** Opens everything, and alone opens `admin`. */
  master?: string;
  /** Open every function of level `function`. */
  host?: string[];
  /** By function name: open that function. */
  functions?: Record<string, string[]>;
};

/**
 * Whether the request carries a key for a function of this level; `functionName` is undefined for the host's
 * own routes.
 */
export function mayCall(
  request: IncomingMessage,
  level: AuthLevel,
  keys: AccessKeys,
  functionName?: string,
): boolean {
  if (level === 'anonymous') return true;
  const given = givenKey(request);
  if (given === undefined) return false;
  const accepted = keys.master === undefined ? [] : [keys.master];
  if (level === 'function') {
    accepted.push(...(keys.host ?? []), ...(keys.functions?.[functionName ?? ''] ?? []));
  }
  return accepted.some(key => isSame(key, given));
}

function givenKey(request: IncomingMessage): string | undefined {
  const header = request.headers['x-functions-key'];
  if (typeof header === 'string') return header;
  const query = request.url?.split('?')[1];
  return new URLSearchParams(query).get('code') ?? undefined;
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
