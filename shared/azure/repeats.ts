// How many requests of a job were sent again because the connection ended before the answer.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Log } from '../log.ts';

const counters = new AsyncLocalStorage<{ repeated: number }>();

/** Counts one for the job that is under way. */
export function countRepeat(): void {
  const counter = counters.getStore();
  if (counter) counter.repeated += 1;
}

/** Runs a job, and says in its log how many of its requests were sent again; nothing when none was. */
export async function tellingRepeats<T>(log: Log, run: () => Promise<T>): Promise<T> {
  const counter = { repeated: 0 };
  try {
    return await counters.run(counter, run);
  } finally {
    if (counter.repeated > 0) log.info('requests-repeated', { requests: counter.repeated });
  }
}
