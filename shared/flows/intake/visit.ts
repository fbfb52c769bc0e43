// One visit to a mailbox: what all its steps share, and the fence before every step that others can see.
import { findService } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import type { Service } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Session } from '../../mailboxes/session.ts';
import type { Lease } from './lease.ts';
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
};

/** A change of the mailbox's record. */
export type MailboxChange = (mailbox: Mailbox) => Mailbox;

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
