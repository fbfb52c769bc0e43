// The lease of a mailbox: one worker at a time, kept alive while it works, noticed at once when lost.
import { setTimeout } from 'node:timers/promises';
import type { Stored } from '../../azure/cosmos.ts';
import { findMailbox, type MailboxStores, writeMailbox } from '../../azure/mailbox-store.ts';
import { withAnnouncements } from '../../domain/mailbox/announcements.ts';
import { type Mailbox, withLease } from '../../domain/mailbox/mailbox.ts';
import { MaloteError } from '../../errors.ts';

/** Takers wait so much longer than its holder may work, for clocks differ: 30 s of a lease of 40 s. */
export const skewOf = (leaseMs: number) => leaseMs * 0.75;

const RELEASE_ATTEMPTS = 8;

type Dependencies = { stores: MailboxStores; clock: () => Date; leaseMs: number };

/**
 * The right to work on one mailbox. All its writes go one after the other under the record's ETag; a write in doubt is
 * settled by reading: as long as the record still names us, nobody else has worked.
 */
export class Lease {
  readonly #dependencies: Dependencies;
  readonly #owner: string;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #mailbox: Mailbox;
  #etag: string | undefined;
  #writes: Promise<unknown> = Promise.resolve();
  /** What goes with the next write. */
  #deferred: ((mailbox: Mailbox) => Mailbox)[] = [];
  #writtenAt: number;
  #isReleased = false;
  /** The service was changed since: all that is left to do is to give the lease back. */
  #isOutdated = false;

  private constructor(dependencies: Dependencies, owner: string, mailbox: Mailbox, etag: string) {
    this.#dependencies = dependencies;
    this.#owner = owner;
    this.#mailbox = mailbox;
    this.#etag = etag;
    this.#writtenAt = dependencies.clock().getTime();
    const betweenMs = dependencies.leaseMs / 4;
    this.#timer = setInterval(() => {
      // Whatever is written renews it too.
      if (dependencies.clock().getTime() - this.#writtenAt < betweenMs / 2) return;
      // A failed renewal shows at the next fence; while it works, `lost` tells.
      this.renew().catch(() => {});
    }, betweenMs);
    this.#timer.unref();
  }

  /**
   * Takes the lease of the mailbox as it was read (`found` undefined: it has no record yet).
   * @returns undefined when somebody else wrote the record meanwhile
   */
  static async take(
    dependencies: Dependencies,
    found: Stored<Mailbox> | undefined,
    mailbox: Mailbox,
    owner: string,
  ): Promise<Lease | undefined> {
    const { stores, clock, leaseMs } = dependencies;
    const leased = withLease(mailbox, {
      owner,
      expiresAt: new Date(clock().getTime() + leaseMs).toISOString(),
    });
    const taken = withAnnouncements(found?.value, leased, clock());
    try {
      const { value, etag } = await writeMailbox(stores, taken, found?.etag);
      return new Lease(dependencies, owner, value, etag);
    } catch (error) {
      if (error instanceof MaloteError && error.code === 'precondition_failed') return undefined;
      throw error;
    }
  }

  /** The record as last written by us. */
  get mailbox(): Mailbox {
    return this.#mailbox;
  }

  /** The same with its ETag. */
  get stored(): Stored<Mailbox> {
    return { value: this.#mailbox, etag: this.#etag ?? '' };
  }

  /** Aborted when the lease was lost to somebody else. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Whether its holder is to come to an end: it was lost, or the service was changed. */
  get isOver(): boolean {
    return this.#isOutdated || this.#lost.signal.aborted;
  }

  /** Whether it is still to be given back. */
  get isHeld(): boolean {
    return !this.#isReleased && !this.#lost.signal.aborted;
  }

  /** Renews the lease. @throws MaloteError `lease_lost` */
  renew(): Promise<void> {
    return this.update(mailbox => mailbox);
  }

  /**
   * Writes a change of the record and renews the lease with it.
   * @throws MaloteError `lease_lost` when somebody else has taken it, or the service was changed; `dependency_unavailable`
   */
  update(change: (mailbox: Mailbox) => Mailbox): Promise<void> {
    return this.#enqueue(() => this.#write(change, true));
  }

  /**
   * Lets a change go with the next write, with the last one if there is none before: for what may be noted late, or by the
   * next holder.
   */
  defer(change: (mailbox: Mailbox) => Mailbox): void {
    this.#deferred.push(change);
  }

  /**
   * Gives the lease back with a last change. A database that is away is waited for as long as the lease holds: left as it
   * is, the record would say that the mails in flight ended a worker.
   * @throws MaloteError `lease_lost` (a lost lease is nobody's to give), `dependency_unavailable`
   */
  async release(change: (mailbox: Mailbox) => Mailbox): Promise<void> {
    clearInterval(this.#timer);
    this.#isReleased = true;
    const free = (mailbox: Mailbox) => ({ ...change(mailbox), inFlight: [], lease: null });
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#enqueue(() => this.#write(free, false));
      } catch (error) {
        const isAway = error instanceof MaloteError && error.code === 'dependency_unavailable';
        if (!isAway || attempt === RELEASE_ATTEMPTS) throw error;
        await setTimeout(this.#dependencies.leaseMs / RELEASE_ATTEMPTS);
      }
    }
  }

  #enqueue(write: () => Promise<void>): Promise<void> {
    const next = this.#writes.then(write);
    this.#writes = next.catch(() => {});
    return next;
  }

  async #write(change: (mailbox: Mailbox) => Mailbox, renewing: boolean): Promise<void> {
    const { stores, clock, leaseMs } = this.#dependencies;
    const deferred = [...this.#deferred];
    const next = (mailbox: Mailbox): Mailbox => {
      const expiresAt = new Date(clock().getTime() + leaseMs).toISOString();
      const held = renewing ? { ...mailbox, lease: { owner: this.#owner, expiresAt } } : mailbox;
      // Whatever a change was made from: these two are not for it to decide.
      const { serviceRevision, announcements } = mailbox;
      const changed = change(deferred.reduce((before, deferredChange) => deferredChange(before), held));
      return { ...changed, serviceRevision, announcements };
    };
    for (;;) {
      if (this.#lost.signal.aborted) throw leaseLost();
      if (renewing && this.#isOutdated) throw serviceChanged();
      const written = withAnnouncements(this.#mailbox, next(this.#mailbox), clock());
      try {
        const { value, etag } = await writeMailbox(stores, written, this.#etag, { isLast: !renewing });
        this.#mailbox = value;
        this.#etag = etag;
        this.#writtenAt = clock().getTime();
        this.#deferred = this.#deferred.filter(change => !deferred.includes(change));
        return;
      } catch (error) {
        const moved = error instanceof MaloteError && error.code === 'precondition_failed';
        if (!moved) throw error;
        await this.#reread();
      }
    }
  }

  /** Our ETag is not the record's: either an earlier write of ours came through unanswered, or the lease is gone. */
  async #reread(): Promise<void> {
    const found = await findMailbox(this.#dependencies.stores, this.#mailbox.serviceId);
    if (found?.value.lease?.owner !== this.#owner) {
      clearInterval(this.#timer);
      this.#lost.abort(leaseLost());
      throw leaseLost();
    }
    if (found.value.serviceRevision > this.#mailbox.serviceRevision) this.#isOutdated = true;
    // With what that write said: copies noted by it, say, must not be made again.
    this.#mailbox = found.value;
    this.#etag = found.etag;
  }
}

function serviceChanged(): MaloteError {
  return new MaloteError('lease_lost', 'The service was changed meanwhile; the next fetch goes on with it.');
}

function leaseLost(): MaloteError {
  return new MaloteError('lease_lost', 'Another worker has taken over this mailbox.');
}
