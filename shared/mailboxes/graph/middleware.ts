// What every request to Microsoft Graph goes through on its way to the wire, as steps of the client's chain of middleware. Ours in
// the place of the client's own: that one renews no token that was refused, and asks again without reading the answer that it
// gives up (its place among the four of a mailbox would never be free again), nor can it be told to stop waiting.
import { setTimeout as wait } from 'node:timers/promises';
import { type Context, GraphClientError, type Middleware } from '@microsoft/microsoft-graph-client';
import { MaloteError } from '../../errors.ts';
import { retryAfterMs } from '../retry-after.ts';
import type { Credential } from '../session.ts';
import { endedBy, GraphRefusal } from './errors.ts';

/** Something done to a request before `next` goes on with it, or after. */
export type RequestStep = (context: Context, next: (context: Context) => Promise<void>) => Promise<void>;

/** A step as the client knows it. */
export function toMiddleware(step: RequestStep): Middleware {
  let following: Middleware | undefined;
  return {
    setNext: next => {
      following = next;
    },
    execute: context => step(context, async changed => following?.execute(changed)),
  };
}

/** The client keeps the sentence of an error, unless it is one of its own: the real one travels inside. */
export const wrapErrors: RequestStep = async (context, next) => {
  try {
    await next(context);
  } catch (error) {
    throw Object.assign(new GraphClientError(), { customError: error });
  }
};

/** What was thrown in a step. */
export function unwrapError(error: unknown): unknown {
  return error instanceof GraphClientError ? (error.customError ?? error) : error;
}

/** Gives the token to this origin alone: the next page of a list is where an answer says. */
export function withToken(tokens: Tokens, origin: string): RequestStep {
  return async (context, next) => {
    if (new URL(String(context.request)).origin !== origin) {
      throw new MaloteError('protocol_violation', 'Microsoft Graph names another host for the next page.', {
        cure: 'Check MICROSOFT_GRAPH_URL, and that no proxy on the way answers in its place.',
      });
    }
    const send = (token: string) => {
      const headers = { ...context.options?.headers, Authorization: `Bearer ${token}` };
      return next(Object.assign(context, { options: { ...context.options, headers } }));
    };
    const token = await tokens.current();
    try {
      await send(token);
    } catch (error) {
      if (!(error instanceof GraphRefusal && error.status === 401)) throw error;
      await send(await tokens.insteadOf(token));
    }
  };
}

/** The token of one session. It may end or be revoked at any time; then one other is asked for, however many need it. */
export class Tokens {
  readonly #ask: (options?: { renew: boolean }) => Promise<string>;
  #asked: Promise<string> | undefined;

  constructor(credential: Credential) {
    this.#ask =
      credential.type === 'token'
        ? credential.token
        : () => Promise.reject(new MaloteError('login_refused', 'Microsoft Graph takes no passwords.'));
  }

  /** @throws MaloteError as the credential does */
  current(): Promise<string> {
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  async insteadOf(refused: string): Promise<string> {
    const asked = this.current();
    if ((await asked) === refused && this.#asked === asked) this.#asked = this.#ask({ renew: true });
    return this.current();
  }
}

/** Longer than this is for the next fetch to wait: who waits holds the lease of the mailbox. */
const LONGEST_WAIT_MS = 10_000;
const FIRST_WAIT_MS = 1_000;
const ASKED_TO_WAIT = new Set([429, 503, 504]);

/**
 * Asks again when the service is busy, after the time that it names, or 1, 2, 4 s.
 * https://learn.microsoft.com/graph/throttling
 */
export function retryWhenBusy(mostTimes: number, signal: AbortSignal): RequestStep {
  return async (context, next) => {
    for (let times = 0; ; times++) {
      try {
        return await next(context);
      } catch (error) {
        if (!(error instanceof GraphRefusal && ASKED_TO_WAIT.has(error.status))) throw error;
        const waitMs = error.retryAfterMs ?? FIRST_WAIT_MS * 2 ** times;
        if (times === mostTimes || waitMs > LONGEST_WAIT_MS) throw error;
        await wait(waitMs, undefined, { signal }).catch(() => {
          throw endedBy(signal);
        });
      }
    }
  };
}

/** Answers that are no success are thrown, with the code that Graph gives. A redirection is none either: the token would go with it. */
export function throwRefusals(clock: () => Date): RequestStep {
  return async (context, next) => {
    await next(context);
    const { response } = context;
    if (!response || response.ok) return;
    const text = await response.text();
    throw new GraphRefusal(response.status, errorCodeIn(text), retryAfterMs(response.headers, clock()));
  };
}

/** Something in front of Graph may answer without JSON. */
function errorCodeIn(text: string): string {
  try {
    const { code } = JSON.parse(text).error;
    return typeof code === 'string' ? code : '';
  } catch {
    return '';
  }
}
