// What is remembered of a mailbox between fetches: who works on it, what is finished, what went wrong, when to try again.
import type { ErrorCode } from '../../errors.ts';
import type { ServiceId } from '../ids.ts';

/** Why a mailbox cannot be read or tidied, as its status shows it. */
export type MailboxTrouble = {
  code: ErrorCode;
  message: string;
  /** One sentence for the person who can mend it. */
  cure: string;
  since: string;
  /** Attempts in a row that ended so. */
  failures: number;
  /** Before this instant nothing is tried again, unless asked for or the service was changed. */
  retryAt: string;
};

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
  /** Finished for the platform: in the ledger, and for all we know still in the folder. */
  takenIn: string;
  /** Where `takenIn` is kept when it is too long for the item (see azure/mailbox-store.ts); null when it is not. */
  takenInBlob: TakenInBlob | null;
  /** Copied to the destination already (servers without MOVE), not yet deleted here. */
  copied: string;
  /** Marked \Deleted by us where the server cannot expunge them alone (no UIDPLUS). */
  marked: string;
  /** Taken in, and part of a disposal that failed: disposed of alone, after all others, the last to fail last. */
  doubtful: string[];
  /** What the holder of the lease has in its hands. */
  inFlight: string[];
  suspects: Suspect[];
  setAside: SetAside[];
  /** ETag of the service that `trouble` and `disposalTrouble` belong to: a changed service starts afresh. */
  serviceEtag: string | null;
  trouble: MailboxTrouble | null;
  /** Mails are taken in, but cannot be moved or deleted. */
  disposalTrouble: MailboxTrouble | null;
  lastFetchAt: string | null;
  lastSuccessAt: string | null;
  /** Mails that waited at the last look. */
  waiting: number;
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
  };
}

type Progress = Pick<
  Mailbox,
  'takenIn' | 'takenInBlob' | 'copied' | 'marked' | 'doubtful' | 'inFlight' | 'suspects' | 'setAside'
>;

const nothingKnown: Progress = {
  takenIn: '',
  takenInBlob: null,
  copied: '',
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

/** The mailbox with a new holder, who has nothing in hand yet. */
export function withLease(mailbox: Mailbox, lease: Lease): Mailbox {
  return { ...mailbox, lease, epoch: mailbox.epoch + 1, inFlight: [] };
}

/** The mailbox when nobody holds its lease: what is still in flight ended its last holder, and is suspect. */
export function afterWorkerDeath(mailbox: Mailbox): Mailbox {
  const left = mailbox.inFlight;
  return { ...accuse(mailbox, left, left.length === 1), inFlight: [] };
}

/** Failures that a mail itself may be the reason of: what they leave undone comes again alone, after all others. */
const SUSPICIOUS = new Set<ErrorCode>([
  'connection_lost',
  'mailbox_timeout',
  'protocol_violation',
  'refused_by_store',
  'too_large',
  'internal',
]);

/** Whether a mail itself may be the reason of such a failure. */
export function isSuspicious(code: ErrorCode): boolean {
  return SUSPICIOUS.has(code);
}

/** These mails are suspect from now on; one that was `alone` has one more death on its account. */
export function accuse(
  mailbox: Mailbox,
  ids: string[],
  alone: boolean,
  { undescribed = false } = {},
): Mailbox {
  const suspects = new Map(mailbox.suspects.map(suspect => [suspect.id, suspect]));
  for (const id of ids) {
    const deaths = (suspects.get(id)?.deaths ?? 0) + (alone ? 1 : 0);
    suspects.set(id, { id, deaths, ...(undescribed ? { undescribed } : {}) });
  }
  return { ...mailbox, suspects: [...suspects.values()] };
}

/** These mails were part of a disposal that failed. */
export function doubt(mailbox: Mailbox, ids: string[]): Mailbox {
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

/** A mail with so many deaths on its account is not parsed, then not touched. */
export const DEATHS_BEFORE_RAW_ONLY = 2;
export const DEATHS_BEFORE_SET_ASIDE = 3;

const FIRST_BACKOFF_MS = 60_000;
const LONGEST_BACKOFF_MS = 3_600_000;

type Failure = { code: ErrorCode; message: string; cure: string; retryAfterMs?: number | undefined };

/**
 * The trouble after one more failure: 1 min, doubled with every failure in a row, at most 1 h, or as long as the server
 * asked. Another code begins anew with `since`; the failures in a row go on.
 */
export function nextTrouble(before: MailboxTrouble | null, failure: Failure, now: Date): MailboxTrouble {
  const same = before?.code === failure.code;
  const failures = (before?.failures ?? 0) + 1;
  const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
  return {
    code: failure.code,
    message: failure.message,
    cure: failure.cure,
    since: same ? before.since : now.toISOString(),
    failures,
    retryAt: new Date(now.getTime() + Math.max(backoffMs, failure.retryAfterMs ?? 0)).toISOString(),
  };
}

/** Whether this trouble still asks to wait at `now`. */
export function backsOff(trouble: MailboxTrouble | null, now: Date): boolean {
  return trouble !== null && now.toISOString() < trouble.retryAt;
}
