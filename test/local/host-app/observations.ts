// What the functions of the test app saw, for the tests of the same process to look at.

import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

export type Observation = { what: string; [detail: string]: unknown };

const observations: Observation[] = [];

export function observe(what: string, details: object = {}): void {
  observations.push({ ...details, what });
}

export function observed(what: string): Observation[] {
  return observations.filter(observation => observation.what === what);
}

/** Polls until `find` gives something, and gives that; fails when it does not within the deadline. */
export async function until<T>(
  find: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = 5_000,
): Promise<T> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    assert.ok(Date.now() < end, `never came true: ${find}`);
    await delay(5);
  }
}

/** Gates by name that hold a function until the test opens them. */
const gates = new Map<string, PromiseWithResolvers<void>>();

export function gate(name: string): PromiseWithResolvers<void> {
  const known = gates.get(name) ?? Promise.withResolvers<void>();
  gates.set(name, known);
  return known;
}

export function shutGate(name: string): void {
  gates.set(name, Promise.withResolvers<void>());
}
