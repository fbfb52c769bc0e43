// Bytes that this process may have in hand at once: taken before they come, given back when they are done with.

/** Bytes that were taken. */
export type Share = {
  /** Nobody else has any. */
  readonly isAll: boolean;
  /** How many they are by now. */
  readonly bytes: number;
  /** Takes as many more as make so many; false when they are not free. Waits for nothing: others may wait for these. */
  growTo: (bytes: number) => boolean;
  /** Gives them back; only its first call counts. */
  giveBack: () => void;
};

type Waiting = { bytes: number; serve: () => void };

/** Who takes bytes is served in turn: a large share is not passed over for ever by small ones. */
export class Budget {
  readonly #totalBytes: number;
  #freeBytes: number;
  #waiting: Waiting[] = [];

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
    this.#freeBytes = totalBytes;
  }

  /** Takes bytes that are free now. What is more than there is at all is given to who has all of it. */
  tryTake(bytes: number): Share | undefined {
    const wanted = Math.min(bytes, this.#totalBytes);
    if (this.#waiting.length > 0 || wanted > this.#freeBytes) return undefined;
    return this.#share(wanted);
  }

  /** The same, waiting in turn; undefined when `signal` comes first. */
  async take(bytes: number, signal: AbortSignal): Promise<Share | undefined> {
    const share = this.tryTake(bytes);
    if (share || signal.aborted) return share;
    const { promise, resolve } = Promise.withResolvers<Share | undefined>();
    const wanted = Math.min(bytes, this.#totalBytes);
    const waiting = { bytes: wanted, serve: () => resolve(this.#share(wanted)) };
    this.#waiting.push(waiting);
    const leave = () => {
      this.#waiting = this.#waiting.filter(other => other !== waiting);
      resolve(undefined);
      this.#serve();
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #share(taken: number): Share {
    const total = this.#totalBytes;
    this.#freeBytes -= taken;
    let held = taken;
    return {
      get isAll() {
        return held === total;
      },
      get bytes() {
        return held;
      },
      growTo: bytes => {
        const more = Math.min(bytes, total) - held;
        if (more <= 0) return true;
        if (more > this.#freeBytes) return false;
        this.#freeBytes -= more;
        held += more;
        return true;
      },
      giveBack: () => {
        this.#freeBytes += held;
        held = 0;
        this.#serve();
      },
    };
  }

  #serve(): void {
    for (let [next] = this.#waiting; next && next.bytes <= this.#freeBytes; [next] = this.#waiting) {
      this.#waiting.shift();
      next.serve();
    }
  }
}
