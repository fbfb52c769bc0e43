// Which mails of a folder come next: by age and size in batches, suspects one by one at the end.
import { DEATHS_BEFORE_RAW_ONLY, DEATHS_BEFORE_SET_ASIDE, type Mailbox } from '../domain/mailbox.ts';
import { sequenceMembers, sequenceTester } from '../domain/uid-ranges.ts';
import type { Listed, Session } from '../mailboxes/reader.ts';

/** A batch is in memory as a whole; a mail larger than this comes alone and is streamed. */
export const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_MAILS = 100;
/** How many mails are asked for their date and size at once. */
const DESCRIBED_AT_ONCE = 250;

/** Mails to be taken in together. `large`: one, to be streamed. A suspect comes alone. */
export type Batch = {
  mails: Listed[];
  large: boolean;
  /** parse as always; rawOnly: do not look inside; setAside: do not touch. */
  care: 'parse' | 'rawOnly' | 'setAside';
};

/** What a look at the folder found. */
export type Look = {
  /** Not in the ledger as far as the mailbox's record knows; oldest first, then suspects, the worst last. */
  fresh: string[];
  /** In the ledger and still in the folder. */
  undisposed: string[];
  /** In the ledger, and no longer in the folder. */
  vanished: string[];
};

/** Compares what the server lists with what the record remembers. */
export function look(listed: string[], mailbox: Mailbox, now: Date): Look {
  const isTakenIn = sequenceTester(mailbox.takenIn);
  const isWaiting = new Set(
    mailbox.setAside.filter(aside => now.toISOString() < aside.retryAt).map(({ id }) => id),
  );
  const deaths = new Map(mailbox.suspects.map(suspect => [suspect.id, suspect.deaths]));
  const candidates = listed.filter(id => !isTakenIn(id) && !isWaiting.has(id));
  const present = new Set(listed);
  const takenIn = sequenceMembers(mailbox.takenIn);
  return {
    fresh: candidates.toSorted((a, b) => (deaths.get(a) ?? -1) - (deaths.get(b) ?? -1)),
    undisposed: takenIn.filter(id => present.has(id)),
    vanished: takenIn.filter(id => !present.has(id)),
  };
}

/** Hands out batches of the mails to take in, asking the server for dates and sizes as it goes. */
export class Plan {
  readonly #session: Session;
  readonly #readFrom: Date;
  readonly #deaths: Map<string, number>;
  #undescribed: string[];
  #described: Listed[] = [];

  constructor(session: Session, readFrom: Date, fresh: string[], mailbox: Mailbox) {
    this.#session = session;
    this.#readFrom = readFrom;
    this.#undescribed = fresh;
    this.#deaths = new Map(mailbox.suspects.map(({ id, deaths }) => [id, deaths]));
  }

  /** Mails that may still have to be taken in. */
  get waiting(): number {
    return this.#described.length + this.#undescribed.length;
  }

  /** Whether there is another batch. */
  async hasNext(): Promise<boolean> {
    while (this.#described.length === 0 && this.#undescribed.length > 0) {
      const asked = this.#undescribed.splice(0, DESCRIBED_AT_ONCE);
      const order = new Map(asked.map((id, index) => [id, index]));
      const described = await this.#session.describe(asked);
      this.#described = described
        .filter(({ receivedAt }) => receivedAt >= this.#readFrom)
        .sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
    }
    return this.#described.length > 0;
  }

  /** The next batch; undefined when all is done. */
  async next(): Promise<Batch | undefined> {
    if (!(await this.hasNext())) return undefined;
    const mails: Listed[] = [];
    let bytes = 0;
    for (const mail of this.#described) {
      const alone = this.#deaths.has(mail.id) || mail.sizeBytes > BATCH_BYTES;
      if (mails.length > 0 && (alone || bytes + mail.sizeBytes > BATCH_BYTES)) break;
      mails.push(mail);
      bytes += mail.sizeBytes;
      if (alone || mails.length === BATCH_MAILS) break;
    }
    this.#described.splice(0, mails.length);
    const deaths = this.#deaths.get(mails[0]?.id ?? '') ?? 0;
    return { mails, large: bytes > BATCH_BYTES, care: careFor(deaths) };
  }
}

function careFor(deaths: number): Batch['care'] {
  if (deaths >= DEATHS_BEFORE_SET_ASIDE) return 'setAside';
  return deaths >= DEATHS_BEFORE_RAW_ONLY ? 'rawOnly' : 'parse';
}
