// The slice of a fetch: dispose of what is left, take in batch by batch, give the lease back, hand over.
import type { Share } from '../../budget.ts';
import { isMailboxTrouble, type MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import { type Ahead, giveUp, mayOverlap, prepareAhead } from './ahead.ts';
import { announce } from './announce.ts';
import type { Batch, Batches } from './batches.ts';
import { commitMaildrop } from './commit-maildrop.ts';
import { disposeOf } from './dispose.ts';
import { finishDownload } from './download.ts';
import type { Look } from './look.ts';
import { noteVanished } from './note-disposed.ts';
import { waitForRoom } from './room.ts';
import { type Prepared, prepare, takeIn } from './take-in.ts';
import { healthy, troubled } from './trouble.ts';
import type { Visit } from './visit.ts';

const CONTINUATION_LIFE_MS = 5 * 60_000;
const DISPOSED_AT_ONCE = 500;
/** Each suspect may take seconds: after so long the mailbox is looked into anew, for what came meanwhile goes first. */
const SUSPECTS_MS = 10_000;
/** Doubtful mails take several commands each: so many come between two looks at the clock. */
const DOUBTFUL_AT_ONCE = 20;

/** How a slice ended. */
export type Ended = {
  failure: MaloteError | undefined;
  progressed: boolean;
  /** Mails of earlier visits that the slice was too short to dispose of. */
  undisposed: number;
};

/** A batch that is not to be handed out any more, with the room for it. */
export type Reserved = { batch: Batch; room: Share };

/**
 * Works on a mailbox until all is done or the slice is over. Never throws: the lease is still to be given back.
 * @param first what is taken in first, and is in hand already
 */
export async function workSlice(visit: Visit, look: Look, first?: Reserved): Promise<Ended> {
  try {
    return { failure: undefined, ...(await work(visit, look, first)) };
  } catch (error) {
    return { failure: toMaloteError(error), progressed: false, undisposed: 0 };
  }
}

async function work(visit: Visit, look: Look, reserved?: Reserved): Promise<Omit<Ended, 'failure'>> {
  const { clock, clients, lease, session } = visit;
  const until = clock().getTime() + clients.config.sliceMs;
  const isOver = () => clock().getTime() >= until || clients.stopping.aborted || lease.isOver;
  await noteVanished(visit, look.vanished);
  // A connection that broke is of no use for tidying either.
  const first = reserved ?? (await look.batches.peek());
  if (first && 'failure' in first) throw first.failure;
  const tidied = await tidy(visit, look, isOver);
  const batches = await takeInBatches(visit, look, isOver, reserved);
  const tried = await tidyDoubtful(visit, look, isOver);
  if (session.maildrop) await commitMaildrop(visit, session.maildrop);
  const undisposed = look.undisposed.length + look.doubtful.length - tidied - tried;
  return { progressed: tidied + batches + tried > 0, undisposed };
}

/** Disposes of what earlier visits left in the folder. @returns how many were tried */
async function tidy(visit: Visit, { undisposed, doubtful }: Look, isOver: () => boolean): Promise<number> {
  const { mostDisposed = DISPOSED_AT_ONCE } = visit.session;
  // The more are in doubt the more it may be the server: ever fewer are to come into it with every attempt.
  const together = Math.max(1, mostDisposed >> Math.floor(doubtful.length / DISPOSED_AT_ONCE));
  let tidied = 0;
  for (; tidied < undisposed.length && !isOver(); tidied += together) {
    await disposeOf(visit, undisposed.slice(tidied, tidied + together));
  }
  return Math.min(tidied, undisposed.length);
}

/**
 * However much there was to tidy, a slice takes in one batch; and what was begun ahead is brought to its end, for a maildrop may
 * hide what was downloaded. @returns how many were taken in
 */
async function takeInBatches(
  visit: Visit,
  { batches }: Look,
  isOver: () => boolean,
  first: Reserved | undefined,
): Promise<number> {
  let count = 0;
  let tried = 0;
  let suspectsUntil = Number.POSITIVE_INFINITY;
  const isEnough = () => isOver() || visit.clock().getTime() >= suspectsUntil;
  let ahead: Ahead | undefined;
  try {
    for (; ; tried++) {
      let prepared =
        first && tried === 0 ? await prepare(visit, first.batch, first.room) : await ahead?.prepared;
      ahead = undefined;
      if (!prepared && (tried === 0 || !isEnough())) prepared = await prepareNext(visit, batches);
      if (!prepared) return count;
      const { batch } = prepared;
      if (batch.suspect) suspectsUntil = Math.min(suspectsUntil, visit.clock().getTime() + SUSPECTS_MS);
      const downloaded = await finishDownload(visit, prepared.download, batch);
      const isSound = mayOverlap(batch) && !downloaded.failure;
      ahead = isSound && !isEnough() ? prepareAhead(visit, batches) : undefined;
      const taken = await takeIn(visit, prepared, downloaded, ahead?.fetched).finally(prepared.room.giveBack);
      const { recorded, remember, putOff, failure } = taken;
      batches.putOff(putOff);
      // Of one that is left for want of room there is nothing to be continued at once.
      if (!batch.suspect || putOff.length === 0) count++;
      // Who was asked to wait does not go on asking; and a connection that broke over the next batch is not these mails' fault.
      const isOfNoUse = (failure && traitsOf(failure.code).waits) || (await ahead?.fetched) !== undefined;
      await disposeOf(visit, isOfNoUse ? [] : recorded, { remember });
      if (failure) throw failure;
    }
  } finally {
    if (ahead) await giveUp(ahead, batches);
  }
}

/** @returns undefined when nothing is left, or the process has no room for it: then the mailbox comes again */
async function prepareNext(visit: Visit, batches: Batches): Promise<Prepared | undefined> {
  const next = await batches.next();
  if (!next) return undefined;
  if ('failure' in next) throw next.failure;
  const { batch } = next;
  const room = await waitForRoom(visit.clients, batch);
  if (!room) {
    batches.giveBack(batch);
    visit.log.info('no-room', { mails: batch.mails.length, large: batch.large });
    return undefined;
  }
  return prepare(visit, batch, room).catch(error => {
    room.giveBack();
    throw error;
  });
}

/** One by one, last: the server may break the connection over any of them. @returns how many were tried */
async function tidyDoubtful(visit: Visit, { doubtful }: Look, isOver: () => boolean): Promise<number> {
  let tried = 0;
  for (; tried < doubtful.length && !isOver(); tried += DOUBTFUL_AT_ONCE) {
    await disposeOf(visit, doubtful.slice(tried, tried + DOUBTFUL_AT_ONCE), { alone: true });
  }
  return Math.min(tried, doubtful.length);
}

/**
 * Ends a slice: the lease is given back with what is known now, the platform told, and only then a continuation asked for.
 * @param unlisted mails that the session did not look at
 * @throws MaloteError `lease_lost`, `internal`, `dependency_unavailable`
 */
export async function endSlice(
  visit: Visit,
  { batches }: Look,
  { failure, progressed, undisposed }: Ended,
  unlisted = 0,
): Promise<'done' | 'continued' | 'failed'> {
  const { lease, clock, clients, log } = visit;
  if (failure?.code === 'lease_lost' && lease.lost.aborted) throw failure;
  const now = clock();
  const waiting = batches.waiting + unlisted;
  const isOfMailbox = isMailboxTrouble(failure) && traitsOf(failure.code).fault !== 'disposal';
  await lease.release(mailbox => {
    const visited = { ...batches.accuse(mailbox), lastFetchAt: now.toISOString(), waiting };
    if (failure) return isOfMailbox ? troubled(visited, failure, now) : visited;
    return healthy(visited, now);
  });
  await announce(visit, lease.stored);
  if (failure) {
    if (failure.code === 'internal') throw failure;
    log.warn('slice-failed', { code: failure.code, message: failure.message });
    // The service was changed: what asked for a fetch then found this one at it.
    if (failure.code === 'lease_lost') await askToContinue(visit);
    return 'failed';
  }
  if (waiting + undisposed === 0 || !progressed || clients.stopping.aborted) return 'done';
  await askToContinue(visit);
  return 'continued';
}

async function askToContinue({ clients, service, lease }: Visit): Promise<void> {
  await clients.bus.sendFetches([
    {
      serviceId: service.id,
      reason: 'continuation',
      messageId: `${service.id}:continuation:${lease.mailbox.epoch}`,
      timeToLiveMs: CONTINUATION_LIFE_MS,
    },
  ]);
}
