// The replay of many mails, as a queue drives it: page by page, oldest first, and each page is counted when it is done.
import type { Stored } from '../../azure/cosmos.ts';
import { findPlaces, type MailPlace } from '../../azure/ledger-search.ts';
import { findReplay, listResting, replaceReplay } from '../../azure/replay-store.ts';
import type { Clients } from '../../clients.ts';
import type { MailKey } from '../../domain/ids.ts';
import { advance, type ReplayJob, type ReplayOutcome } from '../../domain/replay-job.ts';
import { toMaloteError } from '../../errors.ts';
import type { FollowUp } from '../orders/reopen.ts';
import { isFiltered, replayForJob } from '../orders/replay.ts';

// A job's item says which mail was the last of a page that is done, and what became of all until there; both change together,
// under its ETag. A page that a crash cut off is done again: the record of each of its mails knows the job that has reserved a
// number there, so that it gets no other. Two workers at one job do each other no harm: of a page the first is counted.

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
    const done = await nextPage(clients, stored.value, { clock, log }).catch(toMaloteError);
    if ('code' in done) return log.warn('replay-interrupted', { code: done.code });
    stored = await note(clients, stored, done);
  }
  if (stored) log.info('replay-ended', { status: stored.value.status, ...stored.value.counts });
}

/** Grows with every page. */
function stepOf({ counts }: ReplayJob): string {
  return String(Object.values(counts).reduce((total, count) => total + count, 0));
}

/** What became of a page. */
type Page = { outcomes: ReplayOutcome[]; after: MailPlace | null; isLast: boolean; now: Date };

async function nextPage(clients: Clients, job: ReplayJob, context: FollowUp): Promise<Page> {
  const { serviceId, from, to, state, after } = job;
  const filter = { state: state ?? undefined, receivedFrom: from, receivedBefore: to };
  const range = { limit: PAGE, after: after ?? undefined, order: 'oldestFirst' } as const;
  const places = await findPlaces(clients.database.ledger, serviceId, filter, range);
  // Of a service that was deleted meanwhile each mail tells so.
  const approvalRequired = (await isFiltered(clients, serviceId)) ?? false;
  const outcomes: ReplayOutcome[] = [];
  const replayOne = (key: MailKey) => replayForJob(clients, key, job, { approvalRequired }, context);
  for (let at = 0; at < places.length; at += AT_ONCE) {
    const some = places.slice(at, at + AT_ONCE);
    outcomes.push(...(await Promise.all(some.map(({ id }) => replayOne(id)))));
  }
  const isLast = places.length < PAGE;
  return { outcomes, after: places.at(-1) ?? null, isLast, now: context.clock() };
}

/** Writes how far it has come. @returns undefined when another worker has come as far */
async function note(
  { database: { catalog } }: Clients,
  stored: Stored<ReplayJob>,
  { outcomes, ...page }: Page,
): Promise<Stored<ReplayJob> | undefined> {
  const progressed = (job: ReplayJob) => advance(job, outcomes, { ...page, after: page.after ?? job.after });
  const next = progressed(stored.value);
  const etag = await replaceReplay(catalog, next, stored.etag);
  if (etag !== undefined) return { value: next, etag };
  const found = await findReplay(catalog, next.id);
  if (!found || found.value.after?.id !== stored.value.after?.id) return undefined;
  // Stopped meanwhile: what was in hand counts.
  const stopped = progressed(found.value);
  const written = await replaceReplay(catalog, stopped, found.etag);
  return written === undefined ? undefined : { value: stopped, etag: written };
}
