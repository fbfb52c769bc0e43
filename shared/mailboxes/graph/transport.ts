// One request to Microsoft Graph on the wire: at most four at once, and each comes to an end when the service falls silent.
import { Semaphore } from '../concurrency.ts';
import { endedBy, silence, toTransportError } from './errors.ts';
import type { RequestStep } from './middleware.ts';

/** Of one app and one mailbox. https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits */
export const MOST_AT_ONCE = 4;
/** fetch by itself waits five minutes for an answer, and as long for each piece of it. */
const SILENCE_MS = 60_000;

/** The last of the steps: fetches. A request is over, and its permit released, when its body was read or given up. */
export function transport(signal: AbortSignal): RequestStep {
  const permits = new Semaphore(MOST_AT_ONCE);
  return async context => {
    const release = await permits.acquire();
    const exchange = new Exchange(signal, release);
    const { body, status, statusText, headers } = await exchange.wait(signal =>
      fetch(context.request, { ...context.options, signal }),
    );
    if (!body) exchange.end();
    context.response = new Response(body && exchange.read(body), { status, statusText, headers });
  };
}

/** A request and its answer. */
class Exchange {
  readonly #session: AbortSignal;
  readonly #release: () => void;
  readonly #controller = new AbortController();
  readonly #giveUp = () => this.#controller.abort(endedBy(this.#session));

  constructor(session: AbortSignal, release: () => void) {
    this.#session = session;
    this.#release = release;
    session.addEventListener('abort', this.#giveUp);
    if (session.aborted) this.#giveUp();
  }

  /** @throws MaloteError when nothing comes, or no more */
  async wait<T>(next: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#controller;
    const timer = setTimeout(() => this.#controller.abort(silence()), SILENCE_MS);
    try {
      return await next(signal);
    } catch (error) {
      this.end();
      throw toTransportError(signal.aborted ? signal.reason : error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The bytes as somebody takes them; whoever takes his time is not silence. */
  read(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async controller => {
          const { done, value } = await this.wait(() => reader.read());
          if (!done) return controller.enqueue(value);
          this.end();
          controller.close();
        },
        cancel: async reason => {
          this.end();
          await reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  end(): void {
    this.#session.removeEventListener('abort', this.#giveUp);
    this.#release();
  }
}
