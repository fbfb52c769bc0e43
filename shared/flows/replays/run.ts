// The replay of many mails, as a queue drives it: page by page, oldest first, and each page is counted when it is done.
import type { Stored } from '../../azure/cosmos.ts';
import { findPlaces } from '../../azure/ledger-search.ts';
import { findReplay, listResting, replaceReplay } from '../../azure/replay-store.ts';
import type { Clients } from '../../clients.ts';
import { advance, type ReplayJob, type ReplayOutcome, takeInHand } from '../../domain/replay-job.ts';
import { toMaloteError } from '../../errors.ts';
import type { FollowUp } from '../orders/reopen.ts';
import { isFiltered, replayForJob } from '../orders/replay.ts';

// A job's item says which mails are in hand, which was the last of a page that is done, and what became of all until there; they
// change together, under its ETag. A page that a crash cut off is done again: the record of each of its mails knows the job that
// has reserved a number there, so that it gets no other. Two workers at one job do each other no harm: of a page the first is counted.

const PAGE = 40;
const AT_ONCE = 8;
/** Then another message goes on: far below what a function may take, and shorter than a message is locked. */
const SLICE_MS = 60_000;
/** A job that rested so long has lost its message, or its worker. */
const RESTING_MS = 120_000;
const RESUMED_AT_ONCE = 20;

/** Asks the queue to go on with a job; `step` tells one asking from another, so that a repeat is dropped. */
export async function wakeReplay(
  { bus }: Pick<Clients, 'bus'>,
  replayId: string,
  step: string,
): Promise<void> {
  await bus.sendReplays([{ replayId, messageId: `${replayId}:${step}` }]);
}

/** Asks to go on with the jobs that stand still. To be called regularly. @throws MaloteError `dependency_unavailable` */
export async function resumeReplays(clients: Clients, { clock, log }: FollowUp): Promise<void> {
  const now = clock();
  const since = new Date(now.getTime() - RESTING_MS);
  for (const id of await listResting(clients.database.catalog, since, RESUMED_AT_ONCE)) {
    log.warn('replay-resumed', { replayId: id });
    await wakeReplay(clients, id, now.toISOString().slice(0, 16));
  }
}

/**
 * Goes on with a job for a minute at most, and asks the queue for the rest. What cannot be done now is left to `resumeReplays`.
 * @throws MaloteError `dependency_unavailable` when the job itself cannot be read or written
 */
export async function runReplay(clients: Clients, id: string, context: FollowUp): Promise<void> {
  const { clock } = context;
  const log = context.log.bind({ replayId: id });
  const until = clock().getTime() + SLICE_MS;
  let stored = await findReplay(clients.database.catalog, id);
  while (stored?.value.status === 'running') {
    if (clients.stopping.aborted) return;
    if (clock().getTime() >= until) return wakeReplay(clients, id, stepOf(stored.value));
    const next = await doPage(clients, stored, { clock, log }).catch(toMaloteError);
    if (next && 'code' in next) return log.warn('replay-interrupted', { code: next.code });
    stored = next;
  }
  if (stored) log.info('replay-ended', { status: stored.value.status, ...stored.value.counts });
}

/** Grows with every page. */
function stepOf({ counts }: ReplayJob): string {
  return String(Object.values(counts).reduce((total, count) => total + count, 0));
}

/** One page. @returns the job after it; undefined when another worker has come as far */
async function doPage(
  clients: Clients,
  stored: Stored<ReplayJob>,
  context: FollowUp,
): Promise<Stored<ReplayJob> | undefined> {
  const { catalog } = clients.database;
  const { value: job } = stored;
  const { page } = job;
  if (!page) {
    const taken = takeInHand(job, await findPage(clients, job), context.clock());
    const etag = await replaceReplay(catalog, taken, stored.etag);
    // Stopped, or taken by another worker: looked at anew.
    return etag === undefined ? findReplay(catalog, job.id) : { value: taken, etag };
  }
  // Of a service that was deleted meanwhile each mail tells so.
  const approvalRequired = (await isFiltered(clients, job.serviceId)) ?? false;
  const outcomes: ReplayOutcome[] = [];
  for (let at = 0; at < page.places.length; at += AT_ONCE) {
    const some = page.places.slice(at, at + AT_ONCE);
    const replayed = some.map(({ id }) => replayForJob(clients, id, job, { approvalRequired }, context));
    outcomes.push(...(await Promise.all(replayed)));
  }
  const advanced = (found: ReplayJob) => advance(found, page, outcomes, context.clock());
  return note(clients, stored, advanced);
}

async function findPage({ database: { ledger } }: Clients, job: ReplayJob) {
  const { serviceId, from, to, state, after } = job;
  const filter = { state: state ?? undefined, receivedFrom: from, receivedBefore: to };
  const range = { limit: PAGE, after: after ?? undefined, order: 'oldestFirst' } as const;
  const places = await findPlaces(ledger, serviceId, filter, range);
  return { places, isLast: places.length < PAGE };
}

/** Writes how far it has come. @returns undefined when another worker has come as far */
async function note(
  { database: { catalog } }: Clients,
  { value, etag }: Stored<ReplayJob>,
  advanced: (job: ReplayJob) => ReplayJob,
): Promise<Stored<ReplayJob> | undefined> {
  const next = advanced(value);
  const noted = await replaceReplay(catalog, next, etag);
  if (noted !== undefined) return { value: next, etag: noted };
  const found = await findReplay(catalog, next.id);
  if (!found || found.value.after?.id !== value.after?.id) return undefined;
  // Stopped meanwhile: what was in hand counts.
  const stopped = advanced(found.value);
  const written = await replaceReplay(catalog, stopped, found.etag);
  return written === undefined ? undefined : { value: stopped, etag: written };
}
