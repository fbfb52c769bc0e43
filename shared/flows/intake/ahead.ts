// One batch ahead: while one is told of, recorded and disposed of, the next is downloaded and made safe.
// Nothing else of it is done: of two mails that are the same, one in each, the second is known as such by the first's record.
import type { Share } from '../../budget.ts';
import { type MaloteError, toMaloteError } from '../../errors.ts';
import type { Batch, Batches } from './batches.ts';
import { findRoom } from './room.ts';
import { type Prepared, prepare } from './take-in.ts';
import type { Visit } from './visit.ts';

/** A batch that was begun before its turn. Neither promise rejects. */
export type Ahead = {
  /** Undefined when none was begun: nothing is left, it is to be taken in alone, or something failed that will show again. */
  prepared: Promise<Prepared | undefined>;
  /** The session is free for the batch before it, at once where it is concurrent; or why it is of no use any more. */
  fetched: Promise<MaloteError | undefined>;
};

/** Whether a batch may be under way together with another: a mail that may do harm is alone with it. */
export function mayOverlap({ large, suspect }: Batch): boolean {
  return !large && !suspect;
}

/** Begins with the next batch. */
export function prepareAhead(visit: Visit, batches: Batches): Ahead {
  const begun = begin(visit, batches);
  return {
    prepared: begun.then(({ prepared }) => prepared),
    fetched: visit.session.concurrent
      ? Promise.resolve(undefined)
      : begun.then(({ prepared, failure }) => prepared?.download.fetched ?? failure),
  };
}

/** Whatever became of it: nobody is at the session any more, and its mails come again. */
export async function giveUp({ prepared }: Ahead, batches: Batches): Promise<void> {
  const begun = await prepared;
  if (!begun) return;
  await begun.download.done;
  begun.room.giveBack();
  batches.giveBack(begun.batch);
}

async function begin(
  visit: Visit,
  batches: Batches,
): Promise<{ prepared?: Prepared; failure?: MaloteError | undefined }> {
  let taken: Batch | undefined;
  let room: Share | undefined;
  try {
    const next = await batches.peek();
    if (!next) return {};
    if ('failure' in next) return next;
    if (mayOverlap(next.batch)) room = findRoom(visit.clients, next.batch);
    if (!room) return {};
    await batches.next();
    taken = next.batch;
    return { prepared: await prepare(visit, taken, room) };
  } catch (error) {
    // A store that is away still is when it is this batch's turn, or it is no matter.
    if (taken) batches.giveBack(taken);
    room?.giveBack();
    visit.log.warn('ahead-failed', { code: toMaloteError(error).code });
    return {};
  }
}
