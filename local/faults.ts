// What a stand-in can be told to do wrong, from outside the app: a list of rules asked at every operation.
import { setTimeout as wait } from 'node:timers/promises';

/** One thing to do wrong. `on` is an operation's name or its beginning (`''` is every operation). */
export type Fault = {
  on: string;
  /**
   * refuse: answer an error; throttle: answer "too many"; drop: close the connection; delay: answer late;
   * dropAfter: do what was asked, then close the connection, so that the caller is left in doubt;
   * stale (of the database, reads alone): show what others changed less than `delayMs` ago as it was before.
   */
  action: 'refuse' | 'throttle' | 'drop' | 'delay' | 'dropAfter' | 'stale';
  /** Of the bus: `refuse` says that the entity has no room left. */
  isFull?: true;
  /** How long `delay` waits, or `throttle` asks to wait. */
  delayMs?: number;
  /** Every so-manieth `delay` waits so many times as long: the tail that latencies have. */
  tail?: { every: number; factor: number };
  /** What `delay` waits for instead: whoever has a test to do in the meantime says when it is over. */
  until?: Promise<unknown>;
  /** How many operations it applies to; without it, all until cleared. */
  times?: number;
};

/** What `delay` means: the operation waits here. */
export async function waitOut({ delayMs, until }: Fault): Promise<void> {
  await (until ?? wait(delayMs, undefined, { ref: false }));
}

/** The faults of one stand-in. Operations are named by the stand-in, e.g. `send mail-events` or `create ledger`. */
export class Faults {
  #rules: Fault[] = [];
  /** How often rules with a tail were taken. */
  readonly #taken = new WeakMap<Fault, number>();

  add(fault: Fault): void {
    this.#rules.push({ ...fault });
  }

  clear(): void {
    this.#rules = [];
  }

  list(): Fault[] {
    return this.#rules.map(rule => ({ ...rule }));
  }

  /** The fault that applies to this operation, counted as used; undefined when all is well. */
  take(operation: string): Fault | undefined {
    const rule = this.#rules.find(r => operation.startsWith(r.on));
    if (rule?.times !== undefined && --rule.times <= 0) this.#rules = this.#rules.filter(r => r !== rule);
    return rule?.tail ? this.#late(rule, rule.tail) : rule;
  }

  #late(rule: Fault, { every, factor }: NonNullable<Fault['tail']>): Fault {
    const taken = (this.#taken.get(rule) ?? 0) + 1;
    this.#taken.set(rule, taken);
    return taken % every === 0 ? { ...rule, delayMs: (rule.delayMs ?? 0) * factor } : rule;
  }
}
