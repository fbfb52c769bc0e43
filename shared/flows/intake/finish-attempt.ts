// An attempt to finish a stored mail: noted in its record before anybody opens the mail, and taken back by who survives it, so
// that only deaths stay. How old a mail is says nothing: the bus may have been away for days.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Container } from '@azure/cosmos';
import type { Stored } from '../../azure/cosmos.ts';
import { recordMails, replaceRecord } from '../../azure/ledger.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { careFor, DEATHS_BEFORE_RAW_ONLY } from '../../domain/mailbox/suspects.ts';
import { MaloteError } from '../../errors.ts';

/** This process among all. An attempt that it noted and could not take back is no death: it lives. */
const processId = randomUUID();

/** How many attempts at a stored mail ended their process. */
export function deathsOf({ attempts }: LedgerRecord): number {
  if (!attempts) return 0;
  const { deaths, by } = attempts;
  return by === undefined || by === processId ? deaths : deaths + 1;
}

/** One attempt. Its writes go under the record's ETag: of two who are at the same mail only one publishes. */
export class FinishAttempt {
  /** How many attempts before it ended their process. */
  readonly deaths: number;
  readonly #ledger: Container;
  #stored: Stored<LedgerRecord>;

  constructor(ledger: Container, found: Stored<LedgerRecord>) {
    this.#ledger = ledger;
    this.deaths = deathsOf(found.value);
    this.#stored = found;
  }

  /** The record as it was read, or last written by us. */
  get stored(): Stored<LedgerRecord> {
    return this.#stored;
  }

  /** Notes it. @throws MaloteError `precondition_failed` when somebody else changed the record, `dependency_unavailable` */
  begin(): Promise<void> {
    return this.#write({ deaths: this.deaths, by: processId });
  }

  /**
   * Takes it back. Who has parsed the mail and lives says that no death before was its fault. One over which we `stumbled` is not
   * looked into after the second time, as if it had ended us.
   * @throws MaloteError `precondition_failed` when somebody else changed the record, `dependency_unavailable`
   */
  async end({ stumbled = false } = {}): Promise<void> {
    const deaths = stumbled ? Math.min(this.deaths + 1, DEATHS_BEFORE_RAW_ONLY) : this.deaths;
    const isKept = stumbled || careFor(deaths) !== 'parse';
    await this.#write(isKept ? { deaths } : undefined);
  }

  /** Sets the mail aside: nobody tries it any more. */
  async setAside(reason: string): Promise<void> {
    const { attempts: _, ...rest } = this.#stored.value;
    const record: LedgerRecord = { ...rest, state: 'setAside', reason };
    await recordMails(this.#ledger, record.serviceId, [{ record, over: this.#stored }]);
  }

  async #write(attempts: LedgerRecord['attempts']): Promise<void> {
    const { attempts: before, ...rest } = this.#stored.value;
    if (isDeepStrictEqual(before, attempts)) return;
    const value: LedgerRecord = { ...rest, ...(attempts && { attempts }) };
    const etag = await replaceRecord(this.#ledger, this.#stored, value);
    if (etag === undefined) throw new MaloteError('precondition_failed', 'Somebody else is at this mail.');
    this.#stored = { value, etag };
  }
}
