// A look at a mailbox: what the server lists, compared with what is remembered, and whether there is anything to do.
import { backsOff } from '../../domain/backoff.ts';
import { inSession } from '../../domain/mailbox/generation.ts';
import { forgetAbsent, type Mailbox } from '../../domain/mailbox/mailbox.ts';
import { sequenceMembers, sequenceTester } from '../../domain/mailbox/sequence-set.ts';
import { afterWorkerDeath } from '../../domain/mailbox/suspects.ts';
import type { Session } from '../../mailboxes/session.ts';
import { traced } from '../../telemetry.ts';
import { Batches } from './batches.ts';
import type { Fetch } from './fetch.ts';

/** How the folder differs from what the mailbox's record remembers. */
export type Difference = {
  /** Not in the ledger as far as the record knows; oldest first, then suspects, the worst last. */
  fresh: string[];
  /** In the ledger and still in the folder, to be disposed of together. */
  undisposed: string[];
  /** In the ledger and still in the folder, to be disposed of one by one, after all else. */
  doubtful: string[];
  /** In the ledger, and no longer in the folder. */
  vanished: string[];
};

/** What a look found. */
export type Look = Difference & {
  /** The record as it is after the look: what has left the folder is forgotten. */
  mailbox: Mailbox;
  /** The mails to take in. */
  batches: Batches;
  /** Whether there is anything to take in, to dispose of or to note, or a failure to be noted. */
  hasWork: boolean;
};

/**
 * Looks into the folder. Asks for the dates of mails until one is recent enough to be taken in.
 * @param before the mailbox as it is remembered
 * @throws MaloteError with a mailbox's code
 */
export async function lookInto(
  { service, stored, request, clock }: Fetch,
  session: Session,
  before: Mailbox,
): Promise<Look> {
  const now = clock();
  const readFrom = new Date(service.value.service.readFromAt);
  const listed = await traced('look', {}, () => session.list(readFrom));
  const known = forgetAbsent(afterWorkerDeath(inSession(before, session, now)), listed);
  const isAskedFor = stored?.value.serviceEtag !== service.etag || request.reason === 'now';
  const disposalTrouble = isAskedFor ? waitNoLonger(known.disposalTrouble, now) : known.disposalTrouble;
  // A changed service may be read from another date on.
  const isChanged = before.serviceEtag !== service.etag;
  const mailbox = {
    ...known,
    serviceEtag: service.etag,
    disposalTrouble,
    outOfSight: isChanged ? '' : known.outOfSight,
  };
  const difference = compare(listed, mailbox, now);
  const batches = new Batches(session, readFrom, difference.fresh, mailbox, now);
  const { undisposed, doubtful, vanished } = difference;
  const mayDispose = undisposed.length + doubtful.length > 0 && !backsOff(disposalTrouble, now);
  const hasWork = (await batches.peek()) !== undefined || mayDispose || vanished.length > 0;
  return { ...difference, mailbox: hasWork ? mailbox : batches.accuse(mailbox), batches, hasWork };
}

/** Compares what the server lists with what the record remembers. */
export function compare(listed: string[], mailbox: Mailbox, now: Date): Difference {
  const isTakenIn = sequenceTester(mailbox.takenIn);
  const isOutOfSight = sequenceTester(mailbox.outOfSight);
  const isWaiting = new Set(
    mailbox.setAside.filter(aside => now.toISOString() < aside.retryAt).map(({ id }) => id),
  );
  const deaths = new Map(mailbox.suspects.map(suspect => [suspect.id, suspect.deaths]));
  const candidates = listed.filter(id => !isTakenIn(id) && !isWaiting.has(id));
  const present = new Set(listed);
  const takenIn = sequenceMembers(mailbox.takenIn);
  const doubtful = mailbox.doubtful.filter(id => present.has(id) && isTakenIn(id));
  const isDoubtful = new Set(doubtful);
  return {
    fresh: candidates.toSorted((a, b) => (deaths.get(a) ?? -1) - (deaths.get(b) ?? -1)),
    undisposed: takenIn.filter(id => present.has(id) && !isDoubtful.has(id)),
    doubtful,
    vanished: takenIn.filter(id => !present.has(id) && !isOutOfSight(id)),
  };
}

function waitNoLonger(trouble: Mailbox['disposalTrouble'], now: Date): Mailbox['disposalTrouble'] {
  return trouble && { ...trouble, retryAt: now.toISOString() };
}
