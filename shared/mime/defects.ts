// Collects what a mail did not do as the standards say: each kind once, in the order found.

import type { Defect } from '../domain/mail/mail.ts';

/** The defects of one mail while it is being parsed. */
export class Defects {
  #found = new Map<string, Defect>();

  /** Notes a defect; only the first of each code is kept, so that a hostile mail cannot make the list long. */
  add(code: string, message: string): void {
    if (!this.#found.has(code)) this.#found.set(code, { code, message });
  }

  list(): Defect[] {
    return [...this.#found.values()];
  }
}
