// Several things at once, but never more than so many.

/** Hands out places. Who finds none waits, and those who wait are served in their order. */
export class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** @returns what gives the place back; only its first call counts */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    let isTaken = true;
    return () => {
      if (isTaken) this.#giveBack();
      isTaken = false;
    };
  }

  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}

/**
 * Results as they come, of at most `most` under way at once. After the first failure nothing more is begun: what is under
 * way still comes, and then the failure is thrown.
 */
export async function* asTheyCome<Item, Result>(
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
