// The story of one fetch: look at the mailbox, take its lease, take mails in batch by batch, tidy up, hand over.
import { randomUUID } from 'node:crypto';
import type { Stored } from '../azure/cosmos.ts';
import { findGroups } from '../azure/groups-store.ts';
import { findMailbox, writeMailbox } from '../azure/mailbox-store.ts';
import { findService, listActiveServices, type ServiceItem } from '../azure/services-store.ts';
import { readSettings } from '../azure/settings-store.ts';
import type { Clients } from '../clients.ts';
import type { ServiceId } from '../domain/mail.ts';
import {
  afterDeath,
  backsOff,
  forgetAbsent,
  inGeneration,
  isLeased,
  type Mailbox,
  newMailbox,
} from '../domain/mailbox.ts';
import { isMailboxTrouble, type MaloteError, toMaloteError } from '../errors.ts';
import type { Log } from '../log.ts';
import { readers, type Session } from '../mailboxes/reader.ts';
import { passwordContext, unseal } from '../secrets.ts';
import { DISPOSAL_TROUBLES, disposeOf, noteDisposed } from './dispose.ts';
import { Lease, skewOf } from './lease.ts';
import { type Look, look, Plan } from './plan.ts';
import { takeIn } from './take-in.ts';
import { announceTrouble, healthy, troubled } from './trouble.ts';
import type { Visit } from './visit.ts';

/** Why a fetch was asked for. `now` does not wait for a back-off to end. */
export type FetchRequest = { serviceId: ServiceId; reason: 'tick' | 'now' | 'continuation' };

/** How a fetch ended; a failure is in the mailbox's status, or in the log when it was ours. */
export type FetchOutcome = 'inactive' | 'busy' | 'waiting' | 'idle' | 'done' | 'continued' | 'failed';

/** Beyond its slice a fetch may finish the batch that it is at; then its connection is cut. */
const GRACE_MS = 120_000;
/** An idle fetch writes nothing, but for a sign of life this often. */
const SIGN_OF_LIFE_MS = 15 * 60_000;
const CONTINUATION_LIFE_MS = 5 * 60_000;

type Context = { clients: Clients; request: FetchRequest; log: Log; clock: () => Date };

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
  const { catalog, mailboxes } = clients.database;
  const service = await findService(catalog, request.serviceId);
  if (!service?.value.service.active) return 'inactive';
  const stored = await findMailbox(mailboxes, request.serviceId);
  const mailbox = stored?.value ?? newMailbox(request.serviceId);
  if (isLeased(mailbox, clock(), skewOf(clients.config.leaseMs))) return 'busy';
  const mayWait = request.reason !== 'now' && mailbox.serviceEtag === service.etag;
  if (mayWait && backsOff(mailbox.trouble, clock())) return 'waiting';

  const signal = AbortSignal.timeout(clients.config.sliceMs + GRACE_MS);
  try {
    const session = await openSession(context, service.value, signal);
    try {
      return await visitMailbox(context, service, stored, session);
    } finally {
      await session.close();
    }
  } catch (error) {
    if (!isMailboxTrouble(error)) throw error;
    await noteTrouble(context, service, stored, error);
    return 'failed';
  }
}

function openSession(
  { clients }: Context,
  { service, secrets }: ServiceItem,
  signal: AbortSignal,
): Promise<Session> {
  const { mailbox, id } = service;
  const password = unseal(clients.config.secretKeys, secrets.password, passwordContext(id));
  return readers[mailbox.protocol]({ mailbox, password }, clients.config.mail, signal);
}

async function visitMailbox(
  context: Context,
  service: Stored<ServiceItem>,
  stored: Stored<Mailbox> | undefined,
  session: Session,
): Promise<FetchOutcome> {
  const { clients, request, log, clock } = context;
  const readFrom = new Date(service.value.service.readFromAt);
  const changed = stored?.value.serviceEtag !== service.etag;
  const known = inGeneration(stored?.value ?? newMailbox(request.serviceId), session.generation);
  const listed = await session.list(readFrom);
  const mailbox = { ...forgetAbsent(afterDeath(known), listed), serviceEtag: service.etag };
  if (changed || request.reason === 'now')
    mailbox.disposalTrouble = waitNoLonger(mailbox.disposalTrouble, clock());

  const found = look(listed, mailbox, clock());
  const plan = new Plan(session, readFrom, found.fresh, mailbox);
  const mayDispose = found.undisposed.length > 0 && !backsOff(mailbox.disposalTrouble, clock());
  const hasWork = (await plan.hasNext()) || mayDispose || found.vanished.length > 0;
  if (!hasWork) {
    await noteIdle(context, service, stored, mailbox);
    return 'idle';
  }

  const { mailboxes } = clients.database;
  // Before the lease: whoever holds it must not fail before it can be given back.
  const surroundings = await readSurroundings(context, service.value);
  const lease = await Lease.take(
    { mailboxes, clock, leaseMs: clients.config.leaseMs },
    stored,
    mailbox,
    randomUUID(),
  );
  if (!lease) return 'busy';
  const visit: Visit = {
    clients,
    service: service.value.service,
    serviceEtag: service.etag,
    session,
    lease,
    log,
    clock,
    ...surroundings,
  };
  return await workAndRelease(visit, plan, found);
}

/** What events say of the service's surroundings, read once a visit. */
async function readSurroundings({ clients }: Context, { service }: ServiceItem) {
  const { catalog } = clients.database;
  const [settings, groups, active] = await Promise.all([
    readSettings(catalog),
    findGroups(
      catalog,
      service.groups.map(({ groupId }) => groupId),
    ),
    listActiveServices(catalog),
  ]);
  return {
    settings: settings.value,
    groupNames: new Map([...groups].map(([id, { name }]): [string, string] => [id, name])),
    ownAddresses: [...new Set([...active.map(({ address }) => address), service.mailbox.address])],
  };
}

/** The slice. Whatever happens, the lease is given back, and only then a continuation is asked for. */
async function workAndRelease(visit: Visit, plan: Plan, found: Look): Promise<FetchOutcome> {
  const { lease, clock, clients, service, log } = visit;
  const before = lease.mailbox;
  let ended: Ended;
  try {
    ended = await workSlice(visit, plan, found);
  } catch (error) {
    ended = { failure: toMaloteError(error), progressed: false, undisposed: 0 };
  }
  const { failure, progressed, undisposed } = ended;
  const now = clock();
  const isOfMailbox = isMailboxTrouble(failure) && !DISPOSAL_TROUBLES.has(failure.code);
  const trouble = isOfMailbox ? failure : undefined;
  if (failure?.code === 'lease_lost' && lease.lost.aborted) throw failure;
  await lease.release(mailbox => {
    const visited = { ...mailbox, lastFetchAt: now.toISOString(), waiting: plan.waiting };
    if (trouble) return troubled(visited, trouble, now);
    return failure ? visited : healthy(visited, now);
  });
  await announceTrouble(visit, before, lease.mailbox, now);
  if (failure) {
    if (failure.code === 'internal') throw failure;
    log.warn('slice-failed', { code: failure.code, message: failure.message });
    return 'failed';
  }
  if (plan.waiting + undisposed === 0 || !progressed || clients.stopping.aborted) return 'done';
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
  let rest = found.undisposed;
  for (; rest.length > 0 && !failure && !isOver(); rest = rest.slice(DISPOSED_AT_ONCE)) {
    failure = await disposeOf(visit, rest.slice(0, DISPOSED_AT_ONCE));
  }
  let batches = 0;
  // However much there is to tidy, a slice takes in one batch.
  for (; !failure && !(batches > 0 && isOver()); batches++) {
    const batch = await plan.next();
    if (!batch) break;
    const taken = await takeIn(visit, batch);
    failure = (await disposeOf(visit, taken.recorded, taken.remember)) ?? taken.failure;
  }
  const progressed = batches > 0 || rest.length < found.undisposed.length;
  return { failure, progressed, undisposed: rest.length };
}

const DISPOSED_AT_ONCE = 500;

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

async function noteTrouble(
  context: Context,
  service: Stored<ServiceItem>,
  stored: Stored<Mailbox> | undefined,
  error: MaloteError,
): Promise<void> {
  const now = context.clock();
  context.log.warn('mailbox-failed', { code: error.code });
  const before = stored?.value ?? newMailbox(context.request.serviceId);
  const after = troubled(
    { ...before, serviceEtag: service.etag, lastFetchAt: now.toISOString() },
    error,
    now,
  );
  await announceTrouble(announcement(context, service), before, after, now);
  await writeUnlessTaken(context, after, stored);
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
  await writeMailbox(clients.database.mailboxes, mailbox, stored?.etag).catch((error: MaloteError) => {
    if (error.code !== 'precondition_failed') throw error;
  });
}

function waitNoLonger(trouble: Mailbox['disposalTrouble'], now: Date): Mailbox['disposalTrouble'] {
  return trouble && { ...trouble, retryAt: now.toISOString() };
}
