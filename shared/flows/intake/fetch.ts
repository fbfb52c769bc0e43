// One fetch: what it knows of the service and its mailbox before it connects, and the mailbox's record after it.
import type { Stored } from '../../azure/cosmos.ts';
import type { ServiceItem } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { FetchRequest } from '../../domain/mailbox/fetch-request.ts';
import { type Mailbox, newMailbox } from '../../domain/mailbox/mailbox.ts';
import type { MaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Session } from '../../mailboxes/session.ts';
import { openSession } from '../login/open-session.ts';
import { tellCertificate } from '../login/server-certificate.ts';
import { healthy, troubled } from './trouble.ts';

export type Fetch = {
  clients: Clients;
  request: FetchRequest;
  /** Every line carries the service's id. */
  log: Log;
  clock: () => Date;
  service: Stored<ServiceItem>;
  /** The mailbox's record; undefined before the first. */
  stored: Stored<Mailbox> | undefined;
};

/** How a fetch ended; a failure is in the mailbox's status, or in the log when it was ours. */
export type FetchOutcome = 'inactive' | 'busy' | 'waiting' | 'idle' | 'done' | 'continued' | 'failed';

/** The mailbox as it was read, or a new one. */
export function mailboxOf({ stored, request }: Pick<Fetch, 'stored' | 'request'>): Mailbox {
  return stored?.value ?? newMailbox(request.serviceId);
}

/**
 * Connects, lets `visit` work, and closes, whatever happens.
 * @param remembered what the last session on a maildrop wanted remembered
 * @throws MaloteError with a mailbox's code, and what `visit` throws
 */
export async function withSession<T>(
  fetch: Fetch,
  remembered: string | undefined,
  visit: (session: Session) => Promise<T>,
): Promise<T> {
  const { clients, service, clock } = fetch;
  const signal = AbortSignal.timeout(clients.config.sliceMs + clients.config.graceMs);
  const { unstableFolder } = mailboxOf(fetch);
  const opening = { remembered, unstableFolder, clock };
  const session = await openSession(clients, service.value, signal, opening);
  tellCertificate(session.certificate, clock(), fetch.log);
  try {
    return await visit(session);
  } finally {
    await session.close();
  }
}

/** The mailbox after a fetch that found nothing to do. */
export function afterIdle(seen: Mailbox, now: Date): Mailbox {
  return healthy({ ...seen, lastFetchAt: now.toISOString(), waiting: 0 }, now);
}

/** The mailbox after a fetch that a trouble of it ended. */
export function afterTrouble({ service, clock, log }: Fetch, before: Mailbox, error: MaloteError): Mailbox {
  log.warn('mailbox-failed', { code: error.code });
  const now = clock();
  return troubled({ ...before, serviceEtag: service.etag, lastFetchAt: now.toISOString() }, error, now);
}
