// The replay of many mails: which, how far it has come, and whether it goes on.
import type { Actor } from './audit.ts';
import type { MailKey, ServiceId } from './ids.ts';
import type { MailState } from './mail/ledger-record.ts';

/** What became of one of them. `refused`: held, approving or rejected. `failed`: its raw is gone, or it is never taken as it is. */
export const replayOutcomes = ['replayed', 'held', 'refused', 'failed'] as const;
export type ReplayOutcome = (typeof replayOutcomes)[number];

/** A job. Instants are RFC 3339 in UTC, with milliseconds. */
export type ReplayJob = {
  id: string;
  serviceId: ServiceId;
  /** Mails received in this period. */
  from: string;
  to: string;
  /** Null for all. */
  state: MailState | null;
  status: 'running' | 'done' | 'stopped';
  by: Actor;
  reason: string | null;
  createdAt: string;
  updatedAt: string;
  /** How many there were to begin with. */
  total: number;
  counts: Record<ReplayOutcome, number>;
  /** The last mail that was done; null before the first. The oldest comes first. */
  after: Place | null;
  /**
   * The mails in hand; null between two pages. Written down before any of them is replayed: whoever does the page again after a
   * crash would not find those that left the job's `state` by it, and would not count them.
   */
  page?: Page | null;
};

type Place = { at: string; id: MailKey };
type Page = { places: Place[]; isLast: boolean };

/** The job when its next mails are found, `isLast` when nothing follows them. */
export function takeInHand(job: ReplayJob, page: Page, now: Date): ReplayJob {
  return { ...job, page, updatedAt: now.toISOString() };
}

/** The job when these mails are done. One that was stopped meanwhile stays so. */
export function advance(
  job: ReplayJob,
  { places, isLast }: Page,
  outcomes: readonly ReplayOutcome[],
  now: Date,
): ReplayJob {
  const counts = { ...job.counts };
  for (const outcome of outcomes) counts[outcome] += 1;
  return {
    ...job,
    counts,
    after: places.at(-1) ?? job.after,
    page: null,
    status: isLast ? 'done' : job.status,
    updatedAt: now.toISOString(),
  };
}

/** A job as it is shown. */
export function replayView({ after: _after, page: _page, by, ...job }: ReplayJob) {
  return { ...job, by: by.name || by.oid };
}
