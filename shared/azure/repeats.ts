// What the stores cost a job in patience: requests sent again because the connection ended before the answer, and those refused for
// coming too fast, which the SDKs send again.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Log } from '../log.ts';

const counters = new AsyncLocalStorage<{ repeated: number; throttled: number }>();

/** Counts one for the job that is under way. */
export function countRepeat(): void {
  const counter = counters.getStore();
  if (counter) counter.repeated += 1;
}

/** Counts one that a store refused for coming too fast. */
export function countThrottled(): void {
  const counter = counters.getStore();
  if (counter) counter.throttled += 1;
}

/** Runs a job, and says in its log how many of its requests were sent again or throttled; nothing when none was. */
export async function tellingRepeats<T>(log: Log, run: () => Promise<T>): Promise<T> {
  const counter = { repeated: 0, throttled: 0 };
  try {
    return await counters.run(counter, run);
  } finally {
    if (counter.repeated > 0) log.info('requests-repeated', { requests: counter.repeated });
    if (counter.throttled > 0) log.warn('requests-throttled', { requests: counter.throttled });
  }
}
