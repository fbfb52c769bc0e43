// What is remembered of a mailbox between fetches: who works on it, what is finished, what went wrong, when to try again.
import type { MailboxTrouble } from '../backoff.ts';
import type { ServiceId } from '../ids.ts';

/** A mail that was in flight when a worker died, or that a server did not give: it is done alone, after all others. */
export type Suspect = {
  id: string;
  /** Attempts at this mail alone that ended the worker or brought no mail. */
  deaths: number;
  /** The last of them broke off when the server was asked for its date and size. */
  undescribed?: true;
};

/** A mail that cannot be taken in; it stays at the server and is tried again daily. */
export type SetAside = { id: string; retryAt: string };

/** A trouble that began, or ended `at`, and that the platform is still to be told of. */
export type Announcement = { type: 'failing' | 'recovered'; failure: MailboxTrouble; at: string };

/** What the blob of a long `takenIn` holds. */
export type TakenInBlob = { sha256: string; count: number };

export type Lease = { owner: string; expiresAt: string };

/** The item of a service in the container `mailboxes` that a fetch works on. Instants are RFC 3339 in UTC, ids of mails as sequence sets of UIDs. */
export type Mailbox = {
  id: 'mailbox';
  serviceId: ServiceId;
  /** Grows with every lease: names a continuation. */
  epoch: number;
  lease: Lease | null;
  /** What all ids below belong to (IMAP: account, folder and UIDVALIDITY); null before the first look. */
  generation: string | null;
  /** What sessions call that now, where names became longer since. */
  calledNow?: string;
  /** When the folder's UIDVALIDITY changed of late. */
  uidValidityChanges?: string[];
  /** The folder (domain/mail/key.ts `imapFolder`) whose UIDVALIDITY is another one at every session. */
  unstableFolder?: string;
  /** Finished for the platform: in the ledger, and for all we know still in the folder. */
  takenIn: string;
  /** Those of `takenIn` from before `readFrom`: it was moved later since, and the server is not asked for them. */
  outOfSight: string;
  /** Where `takenIn` is kept when it is too long for the item (see azure/mailbox-store.ts); null when it is not. */
  takenInBlob: TakenInBlob | null;
  /** Copied to the destination already (servers without MOVE), not yet deleted here. */
  copied: string;
  /** Asked to be copied, without an answer: to be looked for in the destination first. */
  copyAsked?: string;
  /** Copied as the server says, and not to be seen in the destination: never copied again. */
  copyDoubtful?: string;
  /** Marked \Deleted by us where the server cannot expunge them alone (no UIDPLUS). */
  marked: string;
  /** Taken in, and part of a disposal that failed: disposed of alone, after all others, the last to fail last. */
  doubtful: string[];
  /** What the holder of the lease has in its hands: the batch that is told of and recorded, and the one that is downloaded. */
  inFlight: string[];
  suspects: Suspect[];
  setAside: SetAside[];
  /** ETag of the service that `trouble` and `disposalTrouble` belong to: a changed service starts afresh. */
  serviceEtag: string | null;
  trouble: MailboxTrouble | null;
  /** Found locked by another client, again and again since then. */
  busy?: { since: string; times: number };
  /** Mails are taken in, but cannot be moved or deleted. */
  disposalTrouble: MailboxTrouble | null;
  lastFetchAt: string | null;
  lastSuccessAt: string | null;
  /** Mails that waited at the last look. */
  waiting: number;
  /**
   * Of the service as a fetch began with it, or as a change left it (see `ServiceItem.revision`): a change writes it here before
   * it is answered, so that a fetch with other settings finds the record changed, and ends.
   */
  serviceRevision: number;
  /** What is still to be told to the platform. */
  announcements: Announcement[];
};

/** A mailbox never read before. */
export function newMailbox(serviceId: ServiceId): Mailbox {
  return {
    id: 'mailbox',
    serviceId,
    epoch: 0,
    lease: null,
    ...nothingKnown,
    generation: null,
    serviceEtag: null,
    trouble: null,
    disposalTrouble: null,
    lastFetchAt: null,
    lastSuccessAt: null,
    waiting: 0,
    serviceRevision: 0,
    announcements: [],
  };
}

type Progress = Pick<
  Mailbox,
  | 'takenIn'
  | 'outOfSight'
  | 'takenInBlob'
  | 'copied'
  | 'copyAsked'
  | 'copyDoubtful'
  | 'marked'
  | 'doubtful'
  | 'inFlight'
  | 'suspects'
  | 'setAside'
>;

const nothingKnown: Progress = {
  takenIn: '',
  outOfSight: '',
  takenInBlob: null,
  copied: '',
  copyAsked: '',
  copyDoubtful: '',
  marked: '',
  doubtful: [],
  inFlight: [],
  suspects: [],
  setAside: [],
};

/** The mailbox as it is under this generation: ids of another one mean nothing any more (RFC 9051 2.3.1.1). */
export function inGeneration(mailbox: Mailbox, generation: string): Mailbox {
  return mailbox.generation === generation ? mailbox : { ...mailbox, ...nothingKnown, generation };
}

/** Whether somebody holds the lease at `now`; takers wait `skewMs` longer than the holder may work, for clocks differ. */
export function isLeased(mailbox: Mailbox, now: Date, skewMs: number): boolean {
  return mailbox.lease !== null && now.getTime() < Date.parse(mailbox.lease.expiresAt) + skewMs;
}

/** The mailbox with a new holder; what is in flight is in that holder's hands. */
export function withLease(mailbox: Mailbox, lease: Lease): Mailbox {
  return { ...mailbox, lease, epoch: mailbox.epoch + 1 };
}

/** These mails were part of a disposal that failed. */
export function markDoubtful(mailbox: Mailbox, ids: string[]): Mailbox {
  const failed = new Set(ids);
  return { ...mailbox, doubtful: [...mailbox.doubtful.filter(id => !failed.has(id)), ...ids] };
}

/** The mailbox without what it remembers of mails, suspect, set aside or doubtful, that have left the folder. */
export function forgetAbsent(mailbox: Mailbox, listed: string[]): Mailbox {
  if (mailbox.suspects.length + mailbox.setAside.length + mailbox.doubtful.length === 0) return mailbox;
  const present = new Set(listed);
  const isPresent = ({ id }: { id: string }) => present.has(id);
  return {
    ...mailbox,
    suspects: mailbox.suspects.filter(isPresent),
    setAside: mailbox.setAside.filter(isPresent),
    doubtful: mailbox.doubtful.filter(id => present.has(id)),
  };
}
