// One visit to a mailbox: what all its steps share, and the fence before every step that others can see.
import { randomUUID } from 'node:crypto';
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import type { Service } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Session } from '../../mailboxes/session.ts';
import type { Fetch } from './fetch.ts';
import { Lease } from './lease.ts';
import type { Surroundings } from './surroundings.ts';

/** What mails are parsed, published and recorded with, whether their mailbox is open or not. */
export type IntakeContext = Surroundings & {
  clients: Clients;
  service: Service;
  /** What the ids of the mails belong to. */
  generation: string;
  log: Log;
  clock: () => Date;
};

export type Visit = IntakeContext & {
  /** Of the service as this visit read it; a changed service ends the visit. */
  serviceEtag: string;
  session: Session;
  lease: Lease;
  /** The mailbox as the visit found it. */
  before: Mailbox;
};

/** A change of the mailbox's record. */
export type MailboxChange = (mailbox: Mailbox) => Mailbox;

/** Takes the lease, for a mailbox that is to be remembered so; undefined when somebody else came first. */
export function takeLease({ clients, clock, stored }: Fetch, mailbox: Mailbox): Promise<Lease | undefined> {
  const dependencies = { stores: clients, clock, leaseMs: clients.config.leaseMs };
  return Lease.take(dependencies, stored, mailbox, randomUUID());
}

/** The visit of a fetch that holds the lease and is logged in. */
export function beginVisit(
  { clients, service, log, clock }: Fetch,
  session: Session,
  lease: Lease,
  surroundings: Surroundings,
): Visit {
  return {
    ...surroundings,
    clients,
    service: service.value.service,
    serviceEtag: service.etag,
    generation: session.generation,
    session,
    lease,
    before: lease.mailbox,
    log,
    clock,
  };
}

/**
 * Renews the lease, writing `change` with it, and makes sure that the service is still the one this visit began with.
 * @throws MaloteError `lease_lost`
 */
export async function fence(
  { lease, clients, service, serviceEtag }: Visit,
  change?: MailboxChange,
): Promise<void> {
  await lease.update(change ?? (mailbox => mailbox));
  const found = await findService(clients.database.catalog, service.id);
  if (found?.etag === serviceEtag) return;
  throw new MaloteError('lease_lost', 'The service was changed meanwhile; the next fetch goes on with it.');
}
