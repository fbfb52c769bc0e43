// How much one app may ask of one mailbox: requests in flight at once, and requests in a window of time.
// https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
import { throttled } from './graph-error.ts';

const maxInFlight = 4;
export const mailboxConcurrency = 'Application is over its MailboxConcurrency limit.';

type Use = { inFlight: number; windowStart: number; requests: number };

export class Throttling {
  readonly #now: () => number;
  readonly #uses = new Map<string, Use>();
  #budget = { requests: 10_000, windowMs: 600_000 };

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Of every pair of app and mailbox; windows begin anew. */
  limitRequests(budget: { requests: number; windowMs: number }): void {
    this.#budget = budget;
    for (const use of this.#uses.values()) use.requests = 0;
  }

  /** How many of the pair's requests are in flight, one that would come now included. */
  inFlightWithNext(clientId: string, mailbox: string): number {
    return this.#use(clientId, mailbox).inFlight + 1;
  }

  /** Throws 429, or counts the request as in flight until the function it gives is called. */
  enter(clientId: string, mailbox: string): () => void {
    const use = this.#use(clientId, mailbox);
    const { requests, windowMs } = this.#budget;
    const now = this.#now();
    if (now >= use.windowStart + windowMs) Object.assign(use, { windowStart: now, requests: 0 });
    if (use.requests >= requests) {
      throw throttled('TooManyRequests', 'Too many requests.', use.windowStart + windowMs - now);
    }
    use.requests += 1;
    if (use.inFlight >= maxInFlight) {
      throw throttled('ApplicationThrottled', mailboxConcurrency, 1_000);
    }
    use.inFlight += 1;
    let left = false;
    return () => {
      if (!left) use.inFlight -= 1;
      left = true;
    };
  }

  #use(clientId: string, mailbox: string): Use {
    const key = `${clientId} ${mailbox}`;
    const use = this.#uses.get(key) ?? { inFlight: 0, windowStart: this.#now(), requests: 0 };
    this.#uses.set(key, use);
    return use;
  }
}
