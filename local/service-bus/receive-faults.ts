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
  #restsUntil = 0;

  constructor(faults: Faults, path: string, sender: Sender) {
    this.#faults = faults;
    this.#operation = `receive ${path}`;
    this.#sender = sender;
  }

  /** Whether nothing is to be handed out now: until a delay is over, or for good. */
  rests(): boolean {
    return Date.now() < this.#restsUntil;
  }

  /** Asked before each message; when false, the message stays where it is. `resume` is called when a delay is over. */
  admits(resume: () => void): boolean {
    this.#current = this.#faults.take(this.#operation);
    if (!this.#current || this.#current.action === 'dropAfter') return true;
    if (this.#current.action === 'delay') {
      this.#restsUntil = Date.now() + (this.#current.delayMs ?? 0);
      setTimeout(resume, this.#current.delayMs).unref();
    } else {
      this.#cutOff(this.#current);
    }
    return false;
  }

  delivered(): void {
    if (this.#current?.action !== 'dropAfter') return;
    this.#restsUntil = Infinity;
    breakConnection(this.#sender.connection);
  }

  /** rhea takes a moment to see that a connection is broken; nothing may be handed out meanwhile. */
  #cutOff(fault: Fault): void {
    this.#restsUntil = Infinity;
    try {
      stops(fault, this.#operation, this.#sender.connection);
    } catch (error) {
      this.#sender.close(amqpError(toRefusal(error)));
    }
  }
}
