// Waiting for something to become true, without guessing how long it takes.
import { setTimeout as sleep } from 'node:timers/promises';

/** Gives the first result that is neither undefined nor false; fails, naming `what`, when none comes in time. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 20_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Waited ${deadlineMs} ms in vain for: ${what}`);
    await sleep(20);
  }
}
