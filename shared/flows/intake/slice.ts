// The slice of a fetch: dispose of what is left, take in batch by batch, give the lease back, hand over.
import { isMailboxTrouble, type MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import { commitMaildrop, disposeOf, noteDisposed } from './dispose.ts';
import { type MaildropMemory, rememberMaildrop } from './maildrop-memory.ts';
import type { Look, Plan } from './plan.ts';
import { takeIn } from './take-in.ts';
import { announceTrouble, healthy, troubled } from './trouble.ts';
import type { Visit } from './visit.ts';

const CONTINUATION_LIFE_MS = 5 * 60_000;
const DISPOSED_AT_ONCE = 500;
/** Doubtful mails take several commands each: so many come between two looks at the clock. */
const DOUBTFUL_AT_ONCE = 20;

/**
 * Works on a mailbox until its slice is over. Whatever happens, the lease is given back, and only then a continuation is
 * asked for.
 * @param recalled what was remembered of a maildrop
 * @throws MaloteError `lease_lost`, `internal`
 */
export async function workAndRelease(
  visit: Visit,
  plan: Plan,
  found: Look,
  recalled: MaildropMemory | undefined,
): Promise<'done' | 'continued' | 'failed'> {
  const { lease, clock, clients, service, log } = visit;
  const before = lease.mailbox;
  let ended: Ended;
  try {
    ended = await workSlice(visit, plan, found);
  } catch (error) {
    ended = { failure: toMaloteError(error), progressed: false, undisposed: 0 };
  }
  const { failure, undisposed } = ended;
  const unlisted = visit.session.maildrop?.unlisted ?? 0;
  const isRemembered = recalled !== undefined && (await rememberMaildrop(visit, recalled));
  const progressed = ended.progressed || (unlisted > 0 && isRemembered);
  const waiting = plan.waiting + unlisted;
  const now = clock();
  const isOfMailbox = isMailboxTrouble(failure) && traitsOf(failure.code).fault !== 'disposal';
  const trouble = isOfMailbox ? failure : undefined;
  if (failure?.code === 'lease_lost' && lease.lost.aborted) throw failure;
  await lease.release(mailbox => {
    const visited = { ...plan.accuse(mailbox), lastFetchAt: now.toISOString(), waiting };
    if (trouble) return troubled(visited, trouble, now);
    return failure ? visited : healthy(visited, now);
  });
  await announceTrouble(visit, before, lease.mailbox, now);
  if (failure) {
    if (failure.code === 'internal') throw failure;
    log.warn('slice-failed', { code: failure.code, message: failure.message });
    return 'failed';
  }
  if (waiting + undisposed === 0 || !progressed || clients.stopping.aborted) return 'done';
  await clients.bus.sendFetches([
    {
      serviceId: service.id,
      reason: 'continuation',
      messageId: `${service.id}:continuation:${lease.mailbox.epoch}`,
      timeToLiveMs: CONTINUATION_LIFE_MS,
    },
  ]);
  return 'continued';
}

type Ended = {
  failure: MaloteError | undefined;
  progressed: boolean;
  /** Mails of earlier visits that the slice was too short to dispose of. */
  undisposed: number;
};

async function workSlice(visit: Visit, plan: Plan, found: Look): Promise<Ended> {
  const { clock, clients, lease } = visit;
  const until = clock().getTime() + clients.config.sliceMs;
  const isOver = () => clock().getTime() >= until || clients.stopping.aborted || lease.lost.aborted;
  let failure = await noteDisposed(visit, found.vanished, 'gone');
  // A connection that broke is of no use for tidying either.
  if (plan.failure) throw plan.failure;
  const { undisposed, doubtful } = found;
  const { mostDisposed = DISPOSED_AT_ONCE } = visit.session;
  // The more are in doubt the more it may be the server: ever fewer are to come into it with every attempt.
  const together = Math.max(1, mostDisposed >> Math.floor(doubtful.length / DISPOSED_AT_ONCE));
  let tidied = 0;
  for (; tidied < undisposed.length && !failure && !isOver(); tidied += together) {
    failure = await disposeOf(visit, undisposed.slice(tidied, tidied + together));
  }
  let batches = 0;
  // However much there is to tidy, a slice takes in one batch.
  for (; !failure && !(batches > 0 && isOver()); batches++) {
    const batch = await plan.next();
    if (!batch) break;
    const { recorded, remember, failure: trouble } = await takeIn(visit, batch);
    // Who was asked to wait does not go on asking.
    const disposable = trouble && traitsOf(trouble.code).waits ? [] : recorded;
    failure = (await disposeOf(visit, disposable, { remember })) ?? trouble;
  }
  let tried = 0;
  for (; tried < doubtful.length && !failure && !isOver(); tried += DOUBTFUL_AT_ONCE) {
    failure = await disposeOf(visit, doubtful.slice(tried, tried + DOUBTFUL_AT_ONCE), { alone: true });
  }
  const { maildrop } = visit.session;
  if (maildrop && !failure) failure = await commitMaildrop(visit, maildrop);
  const left = Math.max(0, undisposed.length - tidied) + Math.max(0, doubtful.length - tried);
  return { failure, progressed: batches + tidied + tried > 0, undisposed: left };
}
