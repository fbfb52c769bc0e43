// A mail is replayed: ordered by a supervisor, or one of the many of a job.
import { randomUUID } from 'node:crypto';
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

/**
 * Replays one mail. Ordered again while it is under way, it is the same replay.
 * @throws MaloteError `not_found`, `conflict` for mail that is held or rejected, or whose service was deleted
 */
export async function replayMail(
  clients: Clients,
  key: MailKey,
  { who, at, reason }: { who: Actor; at: Date; reason: string | null },
  context: FollowUp,
): Promise<Stored<LedgerRecord>> {
  const approvalRequired = await isFiltered(clients, serviceOf(key));
  const order: MailOrder = { id: randomUUID(), action: 'replayed', who, at: at.toISOString(), reason };
  const given = await giveOrder(clients, key, record => {
    if (approvalRequired === undefined) throw new MaloteError('conflict', serviceDeleted);
    return replay(record, order, { approvalRequired });
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
