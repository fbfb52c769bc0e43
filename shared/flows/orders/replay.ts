// A mail is replayed: ordered by a supervisor, or one of the many of a job.
import { randomUUID } from 'node:crypto';
import { hasBlob, rawPath } from '../../azure/blobs.ts';
import type { Stored } from '../../azure/cosmos.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { Actor } from '../../domain/audit.ts';
import { type MailKey, type ServiceId, serviceOf } from '../../domain/ids.ts';
import type { LedgerRecord, MailOrder } from '../../domain/mail/ledger-record.ts';
import { replay, replayBy } from '../../domain/mail/replay.ts';
import type { ReplayJob, ReplayOutcome } from '../../domain/replay-job.ts';
import { MaloteError } from '../../errors.ts';
import { followUp } from './follow-up.ts';
import { followUpSoon, giveOrder } from './give.ts';
import { type FollowUp, serviceDeleted } from './reopen.ts';

/** A copy that is moved back is a mail of its own, with a raw of its own; it is known for the same and not published by itself. */
const rawGone =
  'The raw of the mail is not kept any more, so that it cannot be published anew. Restore it in Blob Storage; or, if its server ' +
  'still has the mail, move it back into the folder that is read, and replay the mail that is taken in as reappeared.';

/**
 * Replays one mail. Ordered again while it is under way, it is the same replay.
 * @throws MaloteError `not_found`, `conflict` for mail that is held or rejected, whose raw is gone, or whose service was deleted
 */
export async function replayMail(
  clients: Clients,
  key: MailKey,
  { who, at, reason }: { who: Actor; at: Date; reason: string | null },
  context: FollowUp,
): Promise<Stored<LedgerRecord>> {
  const [approvalRequired, isKept] = await Promise.all([
    isFiltered(clients, serviceOf(key)),
    hasBlob(clients.mails, rawPath(key)),
  ]);
  const order: MailOrder = { id: randomUUID(), action: 'replayed', who, at: at.toISOString(), reason };
  const given = await giveOrder(clients, key, record => {
    if (approvalRequired === undefined) throw new MaloteError('conflict', serviceDeleted);
    const replayed = replay(record, order, { approvalRequired });
    if (replayed && !isKept) throw new MaloteError('conflict', rawGone);
    return replayed;
  });
  if (given.value.replays?.at(-1)?.id === order.id) await followUpSoon(clients, [given], context);
  return given;
}

/**
 * Replays one of the mails of a job. Done again, it changes nothing and tells the same.
 * @throws MaloteError `dependency_unavailable`
 */
export async function replayForJob(
  clients: Clients,
  key: MailKey,
  job: ReplayJob,
  { approvalRequired }: { approvalRequired: boolean },
  context: FollowUp,
): Promise<ReplayOutcome> {
  const { by: who, reason, id: jobId } = job;
  const at = context.clock().toISOString();
  const order: MailOrder = { id: randomUUID(), action: 'replayed', who, at, reason, jobId, isInTrail: true };
  const given = await giveOrder(clients, key, record => replay(record, order, { approvalRequired })).catch(
    (error: MaloteError) => {
      if (error.code !== 'conflict' && error.code !== 'not_found') throw error;
      return undefined;
    },
  );
  if (!given) return 'refused';
  const isUntold = given.value.untold?.some(one => one.jobId === jobId);
  const record = isUntold ? await followUp(clients, given, context) : given.value;
  if (!record) throw new MaloteError('dependency_unavailable', 'A mail could not be replayed now.');
  const replayed = replayBy(record, jobId);
  if (replayed?.failed !== undefined) return 'failed';
  return replayed?.toHeld ? 'held' : 'replayed';
}

/** Whether a service holds its mail; undefined when it was deleted. */
export async function isFiltered(clients: Clients, serviceId: ServiceId): Promise<boolean | undefined> {
  const found = await findService(clients.database.catalog, serviceId);
  return found?.value.service.approvalRequired;
}
