// What the functions of the test app saw, for the tests of the same process to look at.
import { until as waitUntil } from '../../support/until.ts';

export type Observation = { what: string; [detail: string]: unknown };

const observations: Observation[] = [];

export function observe(what: string, details: object = {}): void {
  observations.push({ ...details, what });
}

export function observed(what: string): Observation[] {
  return observations.filter(observation => observation.what === what);
}

/** Waits until `find` gives something, and gives that. */
export function until<T>(find: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  return waitUntil(`${find}`, find);
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
