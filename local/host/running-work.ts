// Knows what is still running, so that the host can end without cutting it off.

import { setTimeout as delay } from 'node:timers/promises';

export class RunningWork {
  readonly #running = new Set<Promise<unknown>>();

  /** Counts the work as running until it settles, and gives it back. */
  track<T>(work: Promise<T>): Promise<T> {
    const settled: Promise<unknown> = work.then(
      () => this.#running.delete(settled),
      () => this.#running.delete(settled),
    );
    this.#running.add(settled);
    return work;
  }

  async untilIdle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

/** Whether the work settled in time. It is not stopped when it did not. */
export async function endsWithin(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(timeoutMs, false, { signal: timer.signal }).catch(() => false);
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    timer.abort();
  }
}
