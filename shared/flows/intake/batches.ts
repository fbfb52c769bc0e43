// Which mails of a folder come next: by age and size in batches, suspects one by one at the end.
import type { Mailbox, Suspect } from '../../domain/mailbox/mailbox.ts';
import { accuse, type Care, careFor, DEATHS_BEFORE_SET_ASIDE } from '../../domain/mailbox/suspects.ts';
import { type MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import type { Listed, Session } from '../../mailboxes/session.ts';

/** A batch is in memory as a whole; a mail larger than this comes alone and is streamed. */
export const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_MAILS = 100;
/** How many mails are asked for their date and size at once, whole batches of them; halved with every failure in a row. */
const DESCRIBED_AT_ONCE = 3 * BATCH_MAILS;

/** Mails to be taken in together. `large`: one, to be streamed. `suspect`: one that may be the fault of something. */
export type Batch = {
  mails: Listed[];
  large: boolean;
  suspect: boolean;
  care: Care;
};

/** What comes next: a batch, or why the server cannot be asked for more; undefined when all is done. */
export type Next = { batch: Batch } | { failure: MaloteError } | undefined;

/** Hands out batches of the mails to take in, asking the server for dates and sizes as it goes. */
export class Batches {
  readonly #session: Session;
  readonly #readFrom: Date;
  readonly #suspects: Map<string, Suspect>;
  readonly #describedAtOnce: number;
  readonly #now: Date;
  #undescribed: string[];
  #described: Listed[] = [];
  #accused: string[] = [];
  #putOff: Listed[] = [];
  #left: Listed[] = [];
  /** Before `readFrom`: told without harm, and not to be asked for one by one at every look. */
  readonly #older = new Set<string>();
  #failure: MaloteError | undefined;

  constructor(session: Session, readFrom: Date, fresh: string[], mailbox: Mailbox, now: Date) {
    this.#session = session;
    this.#readFrom = readFrom;
    this.#undescribed = fresh;
    this.#suspects = new Map(mailbox.suspects.map(suspect => [suspect.id, suspect]));
    // A server may also be too slow for so many. One that refuses logins is not.
    const { code, failures } = mailbox.trouble ?? { code: undefined, failures: 0 };
    const halvings = code && traitsOf(code).mailSuspected ? failures : 0;
    this.#describedAtOnce = Math.max(1, DESCRIBED_AT_ONCE >> halvings);
    this.#now = now;
  }

  /** Mails that may still have to be taken in. */
  get waiting(): number {
    return this.#described.length + this.#undescribed.length + this.#putOff.length + this.#left.length;
  }

  /** What `next` is going to give. Asks the server where that is not known yet. */
  async peek(): Promise<Next> {
    while (!this.#failure && this.#described.length === 0 && this.#undescribed.length > 0) {
      await this.#describeMore();
    }
    if (this.#described.length === 0) this.#described = this.#putOff.splice(0);
    if (this.#failure) return { failure: this.#failure };
    return this.#described.length === 0 ? undefined : { batch: this.#firstBatch() };
  }

  /** What comes next; a batch is given once, a failure again and again. */
  async next(): Promise<Next> {
    const next = await this.peek();
    if (next && 'batch' in next) this.#described.splice(0, next.batch.mails.length);
    return next;
  }

  /** Takes back a batch of which nobody was told: it is the next again. */
  giveBack({ mails }: Batch): void {
    this.#described.unshift(...mails);
  }

  /** Lets mails come again, alone, after all others; one that came alone already, at the next look. */
  putOff(mails: Listed[]): void {
    for (const mail of mails) {
      if (this.#suspects.has(mail.id)) this.#left.push(mail);
      else this.#putOff.push(mail);
    }
    for (const { id } of this.#putOff) this.#suspects.set(id, { id, deaths: 0 });
  }

  /**
   * The mailbox with the mails as suspects over which the server broke off when asked for their dates and sizes, and
   * without those that turned out to be too old.
   */
  accuse(mailbox: Mailbox): Mailbox {
    const wasAlone = this.#accused.some(id => this.#suspects.has(id));
    const accused = accuse(mailbox, this.#accused, wasAlone, { undescribed: wasAlone });
    return { ...accused, suspects: accused.suspects.filter(({ id }) => !this.#older.has(id)) };
  }

  async #describeMore(): Promise<void> {
    const asked = this.#toAsk();
    try {
      this.#described = await this.#describe(asked);
      this.#undescribed.splice(0, asked.length);
    } catch (error) {
      this.#failure = toMaloteError(error);
      if (traitsOf(this.#failure.code).mailSuspected) this.#accused = asked;
    }
  }

  /** The next to be described: suspects one by one, for the server may break off over one. */
  #toAsk(): string[] {
    const asked = this.#undescribed.slice(0, this.#describedAtOnce);
    const suspect = asked.findIndex(id => this.#suspects.has(id));
    return suspect === -1 ? asked : asked.slice(0, Math.max(suspect, 1));
  }

  /** Those that are recent enough, in the order asked for. */
  async #describe(asked: string[]): Promise<Listed[]> {
    const [id = ''] = asked;
    const suspect = this.#suspects.get(id);
    // It will not be touched, and asking once more would cost the connection.
    if (suspect?.undescribed && suspect.deaths >= DEATHS_BEFORE_SET_ASIDE) {
      const withheld = {
        reason: 'The connection breaks whenever its date and size are asked for.',
        isFinal: true,
      };
      return [{ id, receivedAt: this.#now, sizeBytes: 0, withheld }];
    }
    const order = new Map(asked.map((id, index) => [id, index]));
    const described = await this.#session.describe(asked);
    const { older = [], wanted = [] } = Object.groupBy(described, ({ receivedAt }) =>
      receivedAt < this.#readFrom ? 'older' : 'wanted',
    );
    for (const { id } of older) this.#older.add(id);
    return wanted.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  }

  #firstBatch(): Batch {
    const mails: Listed[] = [];
    let bytes = 0;
    for (const mail of this.#described) {
      const alone = this.#suspects.has(mail.id) || mail.sizeBytes > BATCH_BYTES;
      if (mails.length > 0 && (alone || bytes + mail.sizeBytes > BATCH_BYTES)) break;
      mails.push(mail);
      bytes += mail.sizeBytes;
      if (alone || mails.length === BATCH_MAILS) break;
    }
    const suspect = this.#suspects.get(mails[0]?.id ?? '');
    return {
      mails,
      large: bytes > BATCH_BYTES,
      suspect: suspect !== undefined,
      care: careFor(suspect?.deaths ?? 0),
    };
  }
}
