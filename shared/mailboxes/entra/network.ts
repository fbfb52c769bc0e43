// How MSAL reaches Entra ID: over fetch with a deadline, and told apart whether Entra refused or could not answer.
import { AuthError, type INetworkModule, type NetworkResponse } from '@azure/msal-node';
import { retryAfterMs } from '../retry-after.ts';

/** Of each request, to its last byte. MSAL's own network has none. */
const DEADLINE_MS = 10_000;

/**
 * Entra ID gave no answer that counts. MSAL passes errors of its own kind through as they are; of others, and of answers
 * such as 429, it keeps neither the cause nor how long to wait.
 */
export class EntraUnavailable extends AuthError {
  /** As Entra ID asked. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super('entra_unavailable', '', message);
    // AuthError makes its instances its own, and no subclass's.
    Object.setPrototypeOf(this, EntraUnavailable.prototype);
    this.retryAfterMs = retryAfterMs;
  }
}

/** What was asked for is not in the cache. */
export class RequestNeeded extends AuthError {
  constructor() {
    super('request_needed', '', 'Entra ID has to be asked.');
    Object.setPrototypeOf(this, RequestNeeded.prototype);
  }
}

/** The network as it is, each request with a deadline. Requests throw `EntraUnavailable`. */
export function network(clock: () => Date, deadlineMs = DEADLINE_MS): INetworkModule {
  const send = <T>(method: string, url: string, headers = {}, body?: string) =>
    exchange<T>(url, { method, headers, ...(body === undefined ? {} : { body }) }, deadlineMs, clock);
  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options?.headers),
    sendPostRequestAsync: (url, options) => send('POST', url, options?.headers, options?.body),
  };
}

/** No network: MSAL answers out of its cache alone, by its own rule of what is still good. Requests throw `RequestNeeded`. */
export const cacheOnly: INetworkModule = {
  sendGetRequestAsync: async () => Promise.reject(new RequestNeeded()),
  sendPostRequestAsync: async () => Promise.reject(new RequestNeeded()),
};

async function exchange<T>(
  url: string,
  init: RequestInit,
  deadlineMs: number,
  clock: () => Date,
): Promise<NetworkResponse<T>> {
  const { status, headers, text } = await read(url, init, deadlineMs);
  if (status === 429 || status >= 500) {
    const why = status === 429 ? 'asks to wait' : 'fails at the moment';
    const askedMs = retryAfterMs(headers, clock());
    throw new EntraUnavailable(
      `Entra ID ${why} (status ${status}).`,
      askedMs ? Math.min(askedMs, LONGEST_WAIT_MS) : undefined,
    );
  }
  return { status, headers: Object.fromEntries(headers), body: parse(text, status) as T };
}

async function read(url: string, init: RequestInit, deadlineMs: number) {
  try {
    // A redirect would carry the secret of the app along.
    const signal = AbortSignal.timeout(deadlineMs);
    const response = await fetch(url, { ...init, redirect: 'error', signal });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    throw new EntraUnavailable(
      isLate ? `Entra ID did not answer within ${deadlineMs / 1000} s.` : 'Entra ID cannot be reached.',
    );
  }
}

function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page, say.
    throw new EntraUnavailable(`Entra ID answered something that is no JSON (status ${status}).`);
  }
}

/** However long it asks to wait. A proxy may say anything, and a mailbox must not be left alone for years. */
const LONGEST_WAIT_MS = 3_600_000;
