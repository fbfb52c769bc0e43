// Opening a service's mailbox: the reader of its protocol, with its secrets unsealed.
import type { ServiceItem } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { Service } from '../../domain/service/service.ts';
import { readers } from '../../mailboxes/readers.ts';
import type { Session } from '../../mailboxes/session.ts';
import { credentialOf } from './credential.ts';
import { unsealSecrets } from './secrets.ts';

type Opening = {
  /** What the last session on a maildrop wanted remembered. */
  remembered?: string | undefined;
  /** See `Target`. */
  unstableFolder?: string | undefined;
  /** The service as it is saved, where it is opened as it is to be. */
  saved?: Service;
  clock: () => Date;
};

/**
 * Connects to a service's mailbox and logs in.
 * @throws MaloteError with a mailbox's code
 */
export async function openSession(
  clients: Pick<Clients, 'config' | 'database'>,
  { service, secrets: sealed }: ServiceItem,
  signal: AbortSignal,
  { remembered, unstableFolder, saved = service, clock }: Opening,
): Promise<Session> {
  const { mail, microsoft } = clients.config;
  const { mailbox } = service;
  const secrets = unsealSecrets(clients, service.id, sealed);
  const credential = credentialOf(clients, { service, secrets, saved }, clock);
  const allowances = { ...mail, graphUrl: microsoft.graphUrl };
  const target = { mailbox, credential, remembered, unstableFolder, clock };
  return readers[mailbox.protocol].open(target, allowances, signal);
}
