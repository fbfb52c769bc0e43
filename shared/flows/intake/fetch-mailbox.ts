// The story of one fetch: look at the mailbox, take its lease, take mails in batch by batch, tidy up, hand over.
import { randomUUID } from 'node:crypto';
import type { Stored } from '../../azure/cosmos.ts';
import { findMailbox, writeMailbox } from '../../azure/mailbox-store.ts';
import { findService, type ServiceItem } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import {
  afterWorkerDeath,
  backsOff,
  forgetAbsent,
  inGeneration,
  isLeased,
  type Mailbox,
  newMailbox,
} from '../../domain/mailbox/mailbox.ts';
import { isMailboxTrouble, type MaloteError, toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { readers } from '../../mailboxes/readers.ts';
import type { Session } from '../../mailboxes/session.ts';
import { openSession } from '../login/open-session.ts';
import { Lease, skewOf } from './lease.ts';
import { type MaildropMemory, recallMaildrop, rememberMaildrop } from './maildrop-memory.ts';
import { look, Plan } from './plan.ts';
import { workAndRelease } from './slice.ts';
import { readSurroundings } from './surroundings.ts';
import { announceTrouble, healthy, troubled } from './trouble.ts';
import type { Visit } from './visit.ts';

/** Why a fetch was asked for. `now` does not wait for a back-off to end. */
export type FetchRequest = { serviceId: ServiceId; reason: 'tick' | 'now' | 'continuation' };

/** How a fetch ended; a failure is in the mailbox's status, or in the log when it was ours. */
export type FetchOutcome = 'inactive' | 'busy' | 'waiting' | 'idle' | 'done' | 'continued' | 'failed';

/** An idle fetch writes nothing, but for a sign of life this often. */
const SIGN_OF_LIFE_MS = 15 * 60_000;

type Context = { clients: Clients; request: FetchRequest; log: Log; clock: () => Date };

/** What a fetch has in its hands before it connects, where to connect is to lock the mailbox. */
type Locked = { lease: Lease; recalled: MaildropMemory };

/**
 * Fetches one mailbox. Known failures never throw: a mailbox's own are recorded in its status and back off, those of
 * our bus, database and blobs end the fetch and count against nobody; the next tick tries again.
 */
export async function fetchMailbox(
  clients: Clients,
  request: FetchRequest,
  { log, clock }: { log: Log; clock: () => Date },
): Promise<FetchOutcome> {
  const bound = log.bind({ serviceId: request.serviceId });
  const started = performance.now();
  const outcome = await attemptFetch({ clients, request, log: bound, clock }).catch(
    (error: unknown): FetchOutcome => {
      const { code, message } = toMaloteError(error);
      if (code === 'internal') throw error;
      bound.warn('fetch-failed', { code, message });
      return 'failed';
    },
  );
  bound.info('mailbox-fetched', {
    reason: request.reason,
    outcome,
    durationMs: Math.round(performance.now() - started),
  });
  return outcome;
}

async function attemptFetch(context: Context): Promise<FetchOutcome> {
  const { clients, request, clock } = context;
  const service = await findService(clients.database.catalog, request.serviceId);
  if (!service?.value.service.active) return 'inactive';
  const stored = await findMailbox(clients, request.serviceId);
  const mailbox = stored?.value ?? newMailbox(request.serviceId);
  if (isLeased(mailbox, clock(), skewOf(clients.config.leaseMs))) return 'busy';
  const mayWait = request.reason !== 'now' && mailbox.serviceEtag === service.etag;
  if (mayWait && backsOff(mailbox.trouble, clock())) return 'waiting';

  const { locks } = readers[service.value.service.mailbox.protocol];
  const lease = locks ? await takeLease(context, stored, afterWorkerDeath(mailbox)) : undefined;
  if (locks && !lease) return 'busy';
  try {
    const locked = lease && { lease, recalled: await recallMaildrop(clients, request.serviceId) };
    const { sliceMs, graceMs } = clients.config;
    const signal = AbortSignal.timeout(sliceMs + graceMs);
    const remembered = locked?.recalled.text;
    const session = await openSession(clients, service.value, signal, { remembered });
    try {
      return await visitMailbox(context, service, stored, session, locked);
    } finally {
      await session.close();
    }
  } catch (error) {
    // Another client at the maildrop is no trouble: the next tick tries again.
    const isBusy = lease !== undefined && isMailboxTrouble(error) && error.code === 'mailbox_busy';
    if (isMailboxTrouble(error) && !isBusy) await noteTrouble(context, service, stored, error, lease);
    else if (lease?.isHeld) await lease.release(held => held);
    if (isBusy) return 'busy';
    if (!isMailboxTrouble(error)) throw error;
    return 'failed';
  }
}

function takeLease(
  { clients, clock }: Context,
  stored: Stored<Mailbox> | undefined,
  mailbox: Mailbox,
): Promise<Lease | undefined> {
  const dependencies = { stores: clients, clock, leaseMs: clients.config.leaseMs };
  return Lease.take(dependencies, stored, mailbox, randomUUID());
}

async function visitMailbox(
  context: Context,
  service: Stored<ServiceItem>,
  stored: Stored<Mailbox> | undefined,
  session: Session,
  locked: Locked | undefined,
): Promise<FetchOutcome> {
  const { clients, request, log, clock } = context;
  const readFrom = new Date(service.value.service.readFromAt);
  const changed = stored?.value.serviceEtag !== service.etag;
  const before = locked?.lease.mailbox ?? stored?.value ?? newMailbox(request.serviceId);
  const known = inGeneration(before, session.generation);
  const listed = await session.list(readFrom);
  const mailbox = { ...forgetAbsent(afterWorkerDeath(known), listed), serviceEtag: service.etag };
  if (changed || request.reason === 'now')
    mailbox.disposalTrouble = waitNoLonger(mailbox.disposalTrouble, clock());

  const found = look(listed, mailbox, clock());
  const plan = new Plan(session, readFrom, found.fresh, mailbox, clock());
  const isUntidy = found.undisposed.length + found.doubtful.length > 0;
  const mayDispose = isUntidy && !backsOff(mailbox.disposalTrouble, clock());
  const isWhole = (session.maildrop?.unlisted ?? 0) === 0;
  const hasWork = (await plan.hasNext()) || mayDispose || found.vanished.length > 0 || !isWhole;
  if (!hasWork) {
    await (locked
      ? leaveIdle(context, service, plan.accuse(mailbox), session, locked)
      : noteIdle(context, service, stored, plan.accuse(mailbox)));
    return 'idle';
  }

  // Before the lease: whoever holds it must not fail before it can be given back.
  const surroundings = await readSurroundings(clients, service.value.service);
  const lease = locked?.lease ?? (await takeLease(context, stored, mailbox));
  if (!lease) return 'busy';
  if (locked) await lease.update(held => ({ ...mailbox, lease: held.lease }));
  const visit: Visit = {
    clients,
    service: service.value.service,
    serviceEtag: service.etag,
    generation: session.generation,
    session,
    lease,
    log,
    clock,
    ...surroundings,
  };
  return await workAndRelease(visit, plan, found, locked?.recalled);
}

/** Nothing to do: no write, unless it ends a trouble or the last sign of life is old. */
async function noteIdle(
  context: Context,
  service: Stored<ServiceItem>,
  stored: Stored<Mailbox> | undefined,
  mailbox: Mailbox,
): Promise<void> {
  const now = context.clock();
  const fresh = now.getTime() - Date.parse(mailbox.lastSuccessAt ?? '1970-01-01') < SIGN_OF_LIFE_MS;
  if (fresh && stored?.value.trouble === null && stored.value.serviceEtag === service.etag) return;
  const idle = healthy({ ...mailbox, lastFetchAt: now.toISOString(), waiting: 0 }, now);
  await announceTrouble(announcement(context, service), stored?.value, idle, now);
  await writeUnlessTaken(context, idle, stored);
}

/** Nothing to do in a mailbox that was locked to see it: the lease goes back. */
async function leaveIdle(
  context: Context,
  service: Stored<ServiceItem>,
  mailbox: Mailbox,
  session: Session,
  { lease, recalled }: Locked,
): Promise<void> {
  const { clients, log, clock } = context;
  const now = clock();
  await session.maildrop?.commit();
  await rememberMaildrop({ clients, log, session, service: service.value.service }, recalled);
  const idle = healthy({ ...mailbox, lastFetchAt: now.toISOString(), waiting: 0 }, now);
  await announceTrouble(announcement(context, service), lease.mailbox, idle, now);
  await lease.release(() => idle);
}

async function noteTrouble(
  context: Context,
  service: Stored<ServiceItem>,
  stored: Stored<Mailbox> | undefined,
  error: MaloteError,
  lease: Lease | undefined,
): Promise<void> {
  const now = context.clock();
  context.log.warn('mailbox-failed', { code: error.code });
  const before = lease?.mailbox ?? stored?.value ?? newMailbox(context.request.serviceId);
  const after = troubled(
    { ...before, serviceEtag: service.etag, lastFetchAt: now.toISOString() },
    error,
    now,
  );
  await announceTrouble(announcement(context, service), before, after, now);
  await (lease ? lease.release(() => after) : writeUnlessTaken(context, after, stored));
}

function announcement({ clients, log }: Context, { value }: Stored<ServiceItem>) {
  return { clients, log, service: value.service };
}

/** Without the lease a write may come second: then another worker knows better. */
async function writeUnlessTaken(
  { clients }: Context,
  mailbox: Mailbox,
  stored: Stored<Mailbox> | undefined,
): Promise<void> {
  await writeMailbox(clients, mailbox, stored?.etag).catch((error: MaloteError) => {
    if (error.code !== 'precondition_failed') throw error;
  });
}

function waitNoLonger(trouble: Mailbox['disposalTrouble'], now: Date): Mailbox['disposalTrouble'] {
  return trouble && { ...trouble, retryAt: now.toISOString() };
}
