// What was asked of the stand-in, so that a test can say how it was asked.

export type LoggedRequest = {
  /** As faults know it, without the mailbox. */
  operation: string;
  method: string;
  /** With the options, as it came. */
  path: string;
  mailbox: string;
  clientId: string;
  /** The Prefer header. */
  prefer: string | undefined;
  /** How many requests of this app to this mailbox were in flight, this one included. */
  inFlight: number;
  /** 0 until it is answered, and if it never was. */
  status: number;
};

/** The newest requests; of a stack that runs for days the older ones are forgotten. */
export class RequestLog {
  readonly #kept = 20_000;
  #requests: LoggedRequest[] = [];

  add(request: LoggedRequest): void {
    this.#requests.push(request);
    if (this.#requests.length > 2 * this.#kept) this.#requests = this.#requests.slice(-this.#kept);
  }

  clear(): void {
    this.#requests = [];
  }

  list(): readonly LoggedRequest[] {
    return this.#requests;
  }

  /** The most requests of one app that were ever in flight to a mailbox. */
  maxInFlight(mailbox: string): number {
    const counts = this.#requests.filter(r => r.mailbox === mailbox.toLowerCase()).map(r => r.inFlight);
    return Math.max(0, ...counts);
  }
}
