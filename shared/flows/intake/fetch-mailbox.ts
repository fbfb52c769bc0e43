// The story of one fetch: is there anything to do, and may we? Then folders are looked at and locked, maildrops locked and looked at.
import { setTimeout as wait } from 'node:timers/promises';
import { trace } from '@opentelemetry/api';
import { findMailbox } from '../../azure/mailbox-store.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { backsOff } from '../../domain/backoff.ts';
import type { FetchRequest } from '../../domain/mailbox/fetch-request.ts';
import { isLeased, type Mailbox } from '../../domain/mailbox/mailbox.ts';
import { MaloteError, toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { readers } from '../../mailboxes/readers.ts';
import { routine } from '../../telemetry.ts';
import { type Fetch, type FetchOutcome, mailboxOf } from './fetch.ts';
import { fetchFolder } from './fetch-folder.ts';
import { fetchMaildrop } from './fetch-maildrop.ts';
import { fetchAfterLease } from './fetch-now.ts';
import { skewOf } from './lease.ts';

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
  const { outcome, pollSeconds } = await attemptFetch({ clients, request, log: bound, clock }).catch(
    (error: unknown): Attempt => {
      const { code, message } = toMaloteError(error);
      if (code === 'internal') throw error;
      bound.warn('fetch-failed', { code, message });
      return { outcome: 'failed' };
    },
  );
  trace
    .getActiveSpan()
    ?.setAttributes({ serviceId: request.serviceId, outcome, [routine]: didNothing[outcome] });
  bound.info('mailbox-fetched', {
    reason: request.reason,
    outcome,
    pollSeconds,
    durationMs: Math.round(performance.now() - started),
  });
  return outcome;
}

/** Whether there is nothing to be told of a fetch but that it was there. */
const didNothing: Record<FetchOutcome, boolean> = {
  inactive: true,
  busy: true,
  waiting: true,
  idle: true,
  done: false,
  continued: false,
  failed: false,
};

/** How a fetch ended, and how often one is to be: by both it is seen that one did not come. */
type Attempt = { outcome: FetchOutcome; pollSeconds?: number };

async function attemptFetch(asked: Omit<Fetch, 'service' | 'stored'>): Promise<Attempt> {
  const { clients, request, clock } = asked;
  const stored = await findMailbox(clients, request.serviceId);
  const mailbox = mailboxOf({ stored, request });
  const service = await findServiceOf(clients, mailbox);
  if (!service?.value.service.active) return { outcome: 'inactive' };
  const { pollSeconds } = service.value.service;
  const fetch: Fetch = { ...asked, service, stored };
  if (isLeased(mailbox, clock(), skewOf(clients.config.leaseMs))) {
    if (request.reason === 'now') await fetchAfterLease(clients, mailbox);
    return { outcome: 'busy', pollSeconds };
  }
  const mayWait = request.reason !== 'now' && mailbox.serviceEtag === service.etag;
  if (mayWait && backsOff(mailbox.trouble, clock())) return { outcome: 'waiting', pollSeconds };
  const { locks } = readers[service.value.service.mailbox.protocol];
  const outcome = await (locks ? fetchMaildrop(fetch) : fetchFolder(fetch));
  return { outcome, pollSeconds };
}

/** How often, and how long between, a service is read again that is older than its mailbox knows. */
const READS = 5;
const BETWEEN_READS_MS = 300;

/**
 * The service, at least as it was when the mailbox's record was written: what another instance changed may be seen late (session
 * consistency, https://learn.microsoft.com/azure/cosmos-db/consistency-levels#session-consistency).
 * @throws MaloteError `dependency_unavailable` when it is not seen within a second or so
 */
async function findServiceOf({ database }: Clients, { serviceId, serviceRevision }: Mailbox) {
  for (let left = READS; ; left--) {
    const found = await findService(database.catalog, serviceId);
    if ((found?.value.revision ?? 0) >= serviceRevision) return found;
    if (left === 0) {
      // Without a service this is a record that its deletion is just about to take along.
      if (!found) return undefined;
      throw new MaloteError(
        'dependency_unavailable',
        'The last change of the service is not to be seen yet.',
      );
    }
    await wait(BETWEEN_READS_MS);
  }
}
