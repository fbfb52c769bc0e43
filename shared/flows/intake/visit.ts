// One visit to a mailbox: what all its steps share, and the fence before every step that others can see.
import { randomUUID } from 'node:crypto';
import type { Clients } from '../../clients.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import type { Service } from '../../domain/service/service.ts';
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
  session: Session;
  lease: Lease;
};

/** A change of the mailbox's record. */
export type MailboxChange = (mailbox: Mailbox) => Mailbox;

/**
 * Takes the lease, for a mailbox that is to be remembered so; undefined when somebody else came first. The record says with which
 * revision of the service its holder works.
 */
export function takeLease(
  { clients, clock, stored, service }: Fetch,
  mailbox: Mailbox,
): Promise<Lease | undefined> {
  const dependencies = { stores: clients, clock, leaseMs: clients.config.leaseMs };
  const taken = { ...mailbox, serviceRevision: service.value.revision };
  return Lease.take(dependencies, stored, taken, randomUUID());
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
    // As the record calls it, for the keys of its mails are made of that.
    generation: lease.mailbox.generation ?? session.generation,
    session,
    lease,
    log,
    clock,
  };
}

/**
 * Renews the lease, writing `change` with it. That the write goes through under the record's ETag says that nobody else has taken
 * the mailbox over, and that the service is still the one this visit began with: a change of it is written there, too, before
 * anybody is told of it. (To read the service again would prove less: another instance's change may not be seen yet.)
 * @throws MaloteError `lease_lost`
 */
export async function fence({ lease }: Visit, change?: MailboxChange): Promise<void> {
  await lease.update(change ?? (mailbox => mailbox));
}
