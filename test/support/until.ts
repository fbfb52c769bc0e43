// Waiting for something to become true, without guessing how long it takes.
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than anything takes on any machine: only what hangs comes to its end. All waits of tests have this one. */
export const patienceMs = 600_000;

type Found<T> = T | undefined | false;

/** Between two looks. A look may be a request or a whole fetch, and whatever is waited for needs the processor as well. */
const pauseMs = { least: 10, most: 250 };

/**
 * Gives the first result of `look` that is neither undefined nor false. Fails, naming `what` was waited for and
 * `instead` what there was, when none comes.
 */
export async function until<T>(
  what: string,
  look: () => Promise<Found<T>> | Found<T>,
  instead: () => unknown = () => '',
): Promise<T> {
  const began = Date.now();
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    const waitedMs = Date.now() - began;
    if (waitedMs > patienceMs) throw new Error(`Waited in vain for: ${what} ${instead()}`.trimEnd());
    // The longer it takes the less often is looked, so that no wait becomes longer by more than a quarter.
    await sleep(Math.min(Math.max(waitedMs / 4, pauseMs.least), pauseMs.most));
  }
}

/** For whoever takes a signal and should never need it. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(patienceMs);
}
