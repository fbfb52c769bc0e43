// The last minute in one line, from the facts that the app logs.
import type { Fact } from './app.ts';

/** Counts facts until it is asked for the line. */
export class Summary {
  #fetches = 0;
  #mails = 0;
  #bytes = 0;
  #answers = 0;
  #failures = new Map<string, number>();

  note({ event, rawSizeBytes, code }: Fact): void {
    if (event === 'mailbox-fetched') this.#fetches += 1;
    if (event === 'survey-answered') this.#answers += 1;
    if (event === 'mail-recorded') {
      this.#mails += 1;
      this.#bytes += Number(rawSizeBytes ?? 0);
    }
    if (/-failed$/.test(event)) {
      const what = `${event}${code ? ` ${code}` : ''}`;
      this.#failures.set(what, (this.#failures.get(what) ?? 0) + 1);
    }
  }

  /** The line for what was noted since it was last asked for. */
  take(): string {
    const failures = [...this.#failures].map(([what, times]) => `${times} x ${what}`);
    const counted = `${this.#fetches} fetches, ${this.#mails} mails (${(this.#bytes / 1000).toFixed(0)} kB), ${this.#answers} answers`;
    this.#fetches = this.#mails = this.#bytes = this.#answers = 0;
    this.#failures.clear();
    return `${counted}; ${failures.length === 0 ? 'nothing failed' : failures.join(', ')}`;
  }
}
