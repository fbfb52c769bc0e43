// The replay of many mails is counted, begun, looked at and stopped.
import { randomUUID } from 'node:crypto';
import { countFound } from '../../azure/ledger-search.ts';
import { createReplay, findReplay, replaceReplay } from '../../azure/replay-store.ts';
import type { Clients } from '../../clients.ts';
import { auditEntry } from '../../domain/audit.ts';
import { type ServiceId, unknownService } from '../../domain/ids.ts';
import { type MailState, mailStates } from '../../domain/mail/ledger-record.ts';
import { neverReplayed } from '../../domain/mail/replay.ts';
import type { ReplayJob } from '../../domain/replay-job.ts';
import { MaloteError } from '../../errors.ts';
import { isFiltered } from '../orders/replay.ts';
import { type ChangeRequest, retryUntilWritten } from '../services/change.ts';
import { deliverSoon } from '../services/outbox.ts';
import { wakeReplay } from './run.ts';

/** Which mails: of a service, received in a period, in a state or in any. */
export type ReplayWish = {
  serviceId: ServiceId;
  from: string;
  to: string;
  state: MailState | null;
  reason: string | null;
};

/** What a wish finds now: how many would be replayed or held, how many refused, and all by their states. */
export type ReplayCount = { count: number; refused: number; states: Partial<Record<MailState, number>> };

/** @throws MaloteError `invalid` when there is no such service, `dependency_unavailable` */
export async function countReplay(clients: Clients, wish: ReplayWish): Promise<ReplayCount> {
  await checkService(clients, wish.serviceId);
  const { serviceId, from, to } = wish;
  const wanted = wish.state === null ? mailStates : [wish.state];
  const counted = await Promise.all(
    wanted.map(async (state): Promise<[MailState, number]> => {
      const filter = { state, receivedFrom: from, receivedBefore: to };
      return [state, await countFound(clients.database.ledger, serviceId, filter)];
    }),
  );
  const sum = (some: [MailState, number][]) => some.reduce((total, [, count]) => total + count, 0);
  const isRefused = ([state]: [MailState, number]) => neverReplayed.includes(state);
  return {
    count: sum(counted.filter(each => !isRefused(each))),
    refused: sum(counted.filter(isRefused)),
    states: Object.fromEntries(counted.filter(([, count]) => count > 0)),
  };
}

/**
 * Begins to replay; the mails follow from a queue. A crash between here and there is made good by `resumeReplays`.
 * @throws MaloteError `invalid` when there is no such service, `dependency_unavailable`
 */
export async function startReplay(
  clients: Clients,
  wish: ReplayWish,
  { actor, now, log }: ChangeRequest,
): Promise<ReplayJob> {
  const { count, refused } = await countReplay(clients, wish);
  const at = now.toISOString();
  const job: ReplayJob = {
    id: randomUUID(),
    ...wish,
    status: 'running',
    by: actor,
    createdAt: at,
    updatedAt: at,
    total: count + refused,
    counts: { replayed: 0, held: 0, refused: 0, failed: 0 },
    after: null,
  };
  const pending = { audit: entryOf('replayed', job, { actor, now }), event: null };
  await createReplay(clients.database.catalog, job, pending);
  await deliverSoon(clients, pending, log);
  await wakeReplay(clients, job.id, 'begin').catch((error: MaloteError) =>
    log.warn('replay-asleep', { replayId: job.id, code: error.code }),
  );
  return job;
}

/** @throws MaloteError `not_found` */
export async function getReplay(clients: Clients, id: string): Promise<ReplayJob> {
  return (await readReplay(clients, id)).value;
}

/** Stops a replay after the mails that are in hand. One that has ended stays as it is. @throws MaloteError `not_found` */
export async function stopReplay(
  clients: Clients,
  id: string,
  { actor, now, log }: ChangeRequest,
): Promise<ReplayJob> {
  return retryUntilWritten(async () => {
    const { value, etag } = await readReplay(clients, id);
    if (value.status !== 'running') return value;
    const stopped: ReplayJob = { ...value, status: 'stopped', updatedAt: now.toISOString() };
    const pending = { audit: entryOf('stopped', stopped, { actor, now }), event: null };
    const written = await replaceReplay(clients.database.catalog, stopped, etag, pending);
    if (written === undefined) return 'blocked';
    await deliverSoon(clients, pending, log);
    return stopped;
  });
}

async function readReplay({ database }: Clients, id: string) {
  const found = /^[0-9a-f-]{36}$/.test(id) ? await findReplay(database.catalog, id) : undefined;
  if (!found) throw new MaloteError('not_found', `There is no replay "${id.slice(0, 40)}".`);
  return found;
}

async function checkService(clients: Clients, serviceId: ServiceId): Promise<void> {
  if ((await isFiltered(clients, serviceId)) !== undefined) return;
  const { message } = unknownService(serviceId);
  throw new MaloteError('invalid', message, { fields: [{ field: 'serviceId', message }] });
}

function entryOf(
  action: 'replayed' | 'stopped',
  { id, serviceId, from, to, state, reason, total }: ReplayJob,
  { actor, now }: Pick<ChangeRequest, 'actor' | 'now'>,
) {
  const words = Object.entries({ replayId: id, from, to, state, reason, total });
  const changes = words.flatMap(([field, to]) => (to === null ? [] : [{ field, from: null, to }]));
  return auditEntry({ id: randomUUID(), who: actor, action, kind: 'mails', target: serviceId, changes }, now);
}
