// The story of one fetch: is there anything to do, and may we? Then folders are looked at and locked, maildrops locked and looked at.
import { findMailbox } from '../../azure/mailbox-store.ts';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { backsOff } from '../../domain/backoff.ts';
import type { FetchRequest } from '../../domain/mailbox/fetch-request.ts';
import { isLeased } from '../../domain/mailbox/mailbox.ts';
import { toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { readers } from '../../mailboxes/readers.ts';
import { type Fetch, type FetchOutcome, mailboxOf } from './fetch.ts';
import { fetchFolder } from './fetch-folder.ts';
import { fetchMaildrop } from './fetch-maildrop.ts';
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

async function attemptFetch(asked: Omit<Fetch, 'service' | 'stored'>): Promise<FetchOutcome> {
  const { clients, request, clock } = asked;
  const service = await findService(clients.database.catalog, request.serviceId);
  if (!service?.value.service.active) return 'inactive';
  const stored = await findMailbox(clients, request.serviceId);
  const fetch: Fetch = { ...asked, service, stored };
  const mailbox = mailboxOf(fetch);
  if (isLeased(mailbox, clock(), skewOf(clients.config.leaseMs))) return 'busy';
  const mayWait = request.reason !== 'now' && mailbox.serviceEtag === service.etag;
  if (mayWait && backsOff(mailbox.trouble, clock())) return 'waiting';
  const { locks } = readers[service.value.service.mailbox.protocol];
  return locks ? fetchMaildrop(fetch) : fetchFolder(fetch);
}
