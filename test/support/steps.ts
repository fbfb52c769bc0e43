// What the app asks of its stand-ins, one step after another; and how to keep one of them waiting.
import type { Faults } from '../../local/faults.ts';
import type { Stack } from '../../local/stack.ts';
import { until } from './until.ts';

export type Steps = {
  /** Runs with an ear on the stand-ins; every step that was asked for until it was over, in order. */
  watch: (run: () => Promise<unknown>, isOver: (steps: string[]) => boolean) => Promise<string[]>;
  /** Keeps the `count`th step of a name waiting from now on, until `until`; resolves when it has been asked for. */
  hold: (step: string, count: number, until: Promise<unknown>) => Promise<void>;
};

/** Watches database, blobs and what is sent to the bus: where something is read or written, and no mail's name in it. */
export function watchSteps({ cosmos, serviceBus, blob }: Stack): Steps {
  let hear: (step: string) => Promise<unknown> | undefined = () => undefined;
  const watched: [Faults, (operation: string) => string | undefined][] = [
    // Nobody waits for plans of queries, nor for what the account has.
    [cosmos.faults, name => (/^(plan|metadata)/.test(name) ? undefined : name)],
    [serviceBus.faults, name => (name.startsWith('send ') ? name : undefined)],
    [blob.faults, name => name.replace(/ .*\//, ' blob ')],
  ];
  for (const [faults, nameOf] of watched) {
    const take = faults.take.bind(faults);
    faults.take = operation => {
      const step = nameOf(operation);
      const end = step === undefined ? undefined : hear(step);
      return end ? { on: operation, action: 'delay', until: end } : take(operation);
    };
  }
  return {
    async watch(run, isOver) {
      const steps: string[] = [];
      hear = step => void steps.push(step);
      await run();
      await until('the last step', () => isOver(steps));
      hear = () => undefined;
      return steps;
    },
    hold(held, count, end) {
      const asked = Promise.withResolvers<void>();
      let left = count;
      hear = step => {
        if (step === held) left -= 1;
        if (left > 0) return undefined;
        hear = () => undefined;
        asked.resolve();
        return end;
      };
      return asked.promise;
    },
  };
}
