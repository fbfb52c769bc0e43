// The faults of handing messages to one receiver: it rests, is cut off, or loses a message on the way.

import type { Sender } from 'rhea';
import type { Fault, Faults } from '../faults.ts';
import { stops } from './fault-points.ts';
import { amqpError, toRefusal } from './refusal.ts';
import { breakConnection } from './rhea-internals.ts';

export class ReceiveFaults {
  readonly #faults: Faults;
  readonly #operation: string;
  readonly #sender: Sender;
  #current: Fault | undefined;
  #isDelayed = false;
  #isCutOff = false;

  constructor(faults: Faults, path: string, sender: Sender) {
    this.#faults = faults;
    this.#operation = `receive ${path}`;
    this.#sender = sender;
  }

  /** Whether nothing is to be handed out now: until a delay is over, or for good. */
  rests(): boolean {
    return this.#isDelayed || this.#isCutOff;
  }

  /** Asked before each message; when false, the message stays where it is. `resume` is called when a delay is over. */
  admits(resume: () => void): boolean {
    this.#current = this.#faults.take(this.#operation);
    if (!this.#current || this.#current.action === 'dropAfter') return true;
    if (this.#current.action === 'delay') {
      this.#isDelayed = true;
      // The timer alone says when it is over: by the clock it may come a millisecond early, and nobody would ask again.
      setTimeout(() => {
        this.#isDelayed = false;
        resume();
      }, this.#current.delayMs).unref();
    } else {
      this.#cutOff(this.#current);
    }
    return false;
  }

  delivered(): void {
    if (this.#current?.action !== 'dropAfter') return;
    this.#isCutOff = true;
    breakConnection(this.#sender.connection);
  }

  /** rhea takes a moment to see that a connection is broken; nothing may be handed out meanwhile. */
  #cutOff(fault: Fault): void {
    this.#isCutOff = true;
    try {
      stops(fault, this.#operation, this.#sender.connection);
    } catch (error) {
      this.#sender.close(amqpError(toRefusal(error)));
    }
  }
}
