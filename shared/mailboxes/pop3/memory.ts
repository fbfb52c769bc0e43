// What is remembered of mails that stay in a maildrop, so that their headers are asked for once and not at every poll.
import { createHash } from 'node:crypto';

/** A mail whose headers were read: its identity, and when it came in seconds since 1970. */
type Known = [id: string, receivedAtSeconds: number];

/** As it is kept, by place: a mail's UIDL with its size, hashed. A cache: to lose it costs time and nothing else. */
type Kept = {
  /** Older than `readFrom` was: when they came. */
  older: Record<string, number>;
  /** Taken in and deleted, and still there: their server keeps a copy. */
  finished: string[];
  /** All others. */
  known: Record<string, Known>;
  /** Mails whose headers were not given: how often the connection broke over one alone. */
  suspects?: Record<string, number>;
};

/** Where a mail is remembered. The size is part of it: UIDLs of mails that are gone may be given again (RFC 1939 7). */
export function placeOf(uidl: string, sizeBytes: number): string {
  return createHash('sha256').update(`${uidl} ${sizeBytes}`).digest('base64url').slice(0, 16);
}

export class Pop3Memory {
  readonly #text: string;
  readonly #older: Map<string, number>;
  readonly #finished: Set<string>;
  readonly #known: Map<string, Known>;
  readonly #suspects: Map<string, number>;

  /** Remembers what `toText` gave; anything else, and undefined, is nothing. */
  constructor(text: string | undefined) {
    this.#text = text ?? '';
    const { older, finished, known, suspects = {} } = parse(this.#text);
    this.#older = new Map(Object.entries(older));
    this.#finished = new Set(finished);
    this.#known = new Map(Object.entries(known));
    this.#suspects = new Map(Object.entries(suspects));
  }

  /** Whether a mail needs no look: finished, or older than `readFrom`. */
  isPassedOver(place: string, readFrom: Date): boolean {
    const seconds = this.#older.get(place);
    return this.#finished.has(place) || (seconds !== undefined && seconds * 1000 < readFrom.getTime());
  }

  find(place: string): { id: string; receivedAt: Date } | undefined {
    const [id, seconds = 0] = this.#known.get(place) ?? [];
    return id === undefined ? undefined : { id, receivedAt: new Date(seconds * 1000) };
  }

  /** Whether the server gave UIDLs before, and headers: nothing else is remembered. */
  get isUsed(): boolean {
    return this.#older.size + this.#finished.size + this.#known.size + this.#suspects.size > 0;
  }

  /** How often the connection broke when the headers of this mail alone were asked for; undefined when it is not suspect. */
  breaks(place: string): number | undefined {
    return this.#suspects.get(place);
  }

  noteSuspect(place: string, breaks: number): void {
    this.#suspects.set(place, breaks);
  }

  noteOlder(place: string, receivedAt: Date): void {
    this.#suspects.delete(place);
    this.#older.set(place, secondsOf(receivedAt));
  }

  noteKnown(place: string, id: string, receivedAt: Date): void {
    this.#older.delete(place);
    this.#suspects.delete(place);
    this.#known.set(place, [id, secondsOf(receivedAt)]);
  }

  noteFinished(place: string): void {
    this.#known.delete(place);
    this.#finished.add(place);
  }

  forget(place: string): void {
    this.#known.delete(place);
  }

  /** What to keep of mails at these places, the only ones still there; undefined when it is what was kept already. */
  toText(present: string[]): string | undefined {
    const kept: Kept = {
      older: pick(this.#older, present),
      finished: present.filter(place => this.#finished.has(place)),
      known: pick(this.#known, present),
    };
    const suspects = pick(this.#suspects, present);
    if (Object.keys(suspects).length > 0) kept.suspects = suspects;
    const text = JSON.stringify(kept);
    const isNothing = this.#text === '' && text === JSON.stringify(NOTHING);
    return text === this.#text || isNothing ? undefined : text;
  }
}

const NOTHING: Kept = { older: {}, finished: [], known: {} };

function parse(text: string): Kept {
  try {
    return { ...NOTHING, ...(JSON.parse(text) as Partial<Kept>) };
  } catch {
    return NOTHING;
  }
}

function pick<T>(map: Map<string, T>, places: string[]): Record<string, T> {
  return Object.fromEntries(
    places.flatMap((place): [string, T][] => {
      const value = map.get(place);
      return value === undefined ? [] : [[place, value]];
    }),
  );
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
