// The replay of many mails: which, how far it has come, and whether it goes on.
import type { Actor } from './audit.ts';
import type { ServiceId } from './ids.ts';
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
  after: { at: string; id: string } | null;
};

/** The job after some more mails; `isLast` when nothing follows them. One that was stopped meanwhile stays so. */
export function advance(
  job: ReplayJob,
  outcomes: readonly ReplayOutcome[],
  { after, isLast, now }: { after: ReplayJob['after']; isLast: boolean; now: Date },
): ReplayJob {
  const counts = { ...job.counts };
  for (const outcome of outcomes) counts[outcome] += 1;
  return {
    ...job,
    counts,
    after,
    status: isLast ? 'done' : job.status,
    updatedAt: now.toISOString(),
  };
}

/** A job as it is shown. */
export function replayView({ after: _, by, ...job }: ReplayJob) {
  return { ...job, by: by.name || by.oid };
}
