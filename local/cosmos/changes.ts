// What was changed lately, so that a read can show what was before: a replica that lags behind has not seen it yet.
// https://learn.microsoft.com/azure/cosmos-db/consistency-levels#session-consistency

type Change<Row> = { sequence: number; atMs: number; before: Row | undefined };

/** Longer ago than this every replica has seen it. */
const LONGEST_LAG_MS = 60_000;

/** How far a reader has come: it has seen all changes up to this one, and all that are older than its lag. */
export type Horizon = { seen: number; lagMs: number };

export class RecentChanges<Row> {
  /** Of the last change: a session token tells it to the client, which sends it with its next request. */
  sequence = 0;
  readonly #now: () => number;
  readonly #last = new Map<string, Change<Row>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes a change of an item, whose row was `before` (undefined: it was not there). */
  note(partition: string, id: string, before: Row | undefined): void {
    this.sequence += 1;
    const key = keyOf(partition, id);
    this.#last.delete(key);
    this.#last.set(key, { sequence: this.sequence, atMs: this.#now(), before });
    for (const [old, { atMs }] of this.#last) {
      if (this.#now() - atMs < LONGEST_LAG_MS) break;
      this.#last.delete(old);
    }
  }

  /** The row as a reader sees it who has come so far, when it `is` another now. */
  asOf<Is extends Row>(
    partition: string,
    id: string,
    is: Is | undefined,
    { seen, lagMs }: Horizon,
  ): Row | undefined {
    const change = this.#last.get(keyOf(partition, id));
    const isUnseen = change && change.sequence > seen && this.#now() - change.atMs < lagMs;
    return isUnseen ? change.before : is;
  }
}

function keyOf(partition: string, id: string): string {
  return JSON.stringify([partition, id]);
}
