// Counts what something costs in operations: of the database, of blobs, bus and mail server, as the stand-ins see them.
import type { Faults } from '../local/faults.ts';
import { costOf } from './cost.ts';
import type { OneMailbox } from './one-mailbox.ts';

/** Requests by their names. */
export type Counts = Map<string, number>;

export type Operations = Awaited<ReturnType<typeof costOf>> & Record<'blobs' | 'bus' | 'commands', Counts>;

export function sum(counts: Counts): number {
  return [...counts.values()].reduce((total, n) => total + n, 0);
}

/** Counts from now on, each time what `run` does. */
export function countingOf({
  stack,
  proxy,
}: OneMailbox): (run: () => Promise<unknown>) => Promise<Operations> {
  const [blobs, bus, commands] = [stack.blob.faults, stack.serviceBus.faults, proxy.faults].map(counted) as [
    Counts,
    Counts,
    Counts,
  ];
  return async run => {
    for (const counts of [blobs, bus, commands]) counts.clear();
    const cost = await costOf(stack.cosmos, run);
    return { ...cost, blobs: new Map(blobs), bus: new Map(bus), commands: new Map(commands) };
  };
}

/** Every operation is asked about whether it is to fail: so they can be counted there. */
function counted(faults: Faults): Counts {
  const counts: Counts = new Map();
  const take = faults.take.bind(faults);
  faults.take = operation => {
    const [kind = ''] = operation
      .replace(/\/.*/, '')
      .replace(/ [\d({].*/, '')
      .split('?');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return take(operation);
  };
  return counts;
}
