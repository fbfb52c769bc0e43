// What was posted to pages within the last hour, as far as this process remembers: also what writes nothing is limited.
import { createHash } from 'node:crypto';
import { withinTheHour } from '../../domain/survey/record-answer.ts';

/** So many pages are remembered, a few MB; who tries out more tokens than that guesses none of them. */
const MOST_REMEMBERED = 10_000;

/** Posts by token, of which only a digest is kept; the page that was not posted to for longest is forgotten first. */
export class RecentPosts {
  readonly #instants = new Map<string, string[]>();

  /** The instants of those within the hour before `now`, RFC 3339. */
  of(token: string, now: Date): string[] {
    return withinTheHour(this.#instants.get(digestOf(token)) ?? [], now);
  }

  note(token: string, now: Date): void {
    const recent = [...this.of(token, now), now.toISOString()];
    const key = digestOf(token);
    this.#instants.delete(key);
    this.#instants.set(key, recent);
    const [oldest] = this.#instants.keys();
    if (this.#instants.size > MOST_REMEMBERED && oldest !== undefined) this.#instants.delete(oldest);
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url').slice(0, 22);
}
