// Waiting for something to become true, without guessing how long it takes.
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than anything takes on any machine: only what hangs comes to its end. All waits of tests have this one. */
export const patienceMs = 600_000;

type Found<T> = T | undefined | false;

/**
 * Gives the first result of `look` that is neither undefined nor false. Fails, naming `what` was waited for and
 * `instead` what there was, when none comes.
 */
export async function until<T>(
  what: string,
  look: () => Promise<Found<T>> | Found<T>,
  instead: () => unknown = () => '',
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what} ${instead()}`.trimEnd());
    await sleep(10);
  }
}

/** For whoever takes a signal and should never need it. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(patienceMs);
}
