// Several things at once, but never more than so many. Ours, since neither p-limit nor p-map lets go as we must: see below.

/**
 * A counting semaphore whose permits are given back by hand: p-limit gives one back when a promise settles, but a request to
 * Graph holds its until the body was read. Whoever finds none waits; those who wait are served in their order.
 */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(permits: number) {
    this.#free = permits;
  }

  /** @returns what releases the permit; only its first call counts */
  async acquire(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    let isHeld = true;
    return () => {
      if (isHeld) this.#release();
      isHeld = false;
    };
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/**
 * Results as they come, of at most `most` under way at once. After the first failure nothing more is begun: what is under
 * way still comes, and then the failure is thrown. (p-map's iterable throws at once, and what had come would be lost.)
 */
export async function* mapConcurrently<Item, Result>(
  items: readonly Item[],
  most: number,
  run: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const failures: unknown[] = [];
  const running = new Map<number, Promise<{ index: number; results: Result[] }>>();
  const begin = async (index: number, item: Item) => {
    try {
      return { index, results: [await run(item)] };
    } catch (error) {
      failures.push(error);
      return { index, results: [] };
    }
  };
  const next = async () => {
    const { index, results } = await Promise.race(running.values());
    running.delete(index);
    return results;
  };
  try {
    for (const [index, item] of items.entries()) {
      if (running.size === most) yield* await next();
      if (failures.length > 0) break;
      running.set(index, begin(index, item));
    }
    while (running.size > 0) yield* await next();
  } finally {
    await Promise.all(running.values());
  }
  if (failures.length > 0) throw failures[0];
}
