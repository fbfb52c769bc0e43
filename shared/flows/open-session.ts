// Opening a service's mailbox: the reader of its protocol, with its secrets unsealed.
import type { ServiceItem } from '../azure/services-store.ts';
import type { Clients } from '../clients.ts';
import { readers, type Session } from '../mailboxes/reader.ts';
import { credentialOf } from './credential.ts';
import { unsealSecrets } from './service-secrets.ts';

/**
 * Connects to a service's mailbox and logs in.
 * @param remembered what the last session on a maildrop wanted remembered
 * @throws MaloteError with a mailbox's code
 */
export async function openSession(
  clients: Pick<Clients, 'config'>,
  { service, secrets }: ServiceItem,
  signal: AbortSignal,
  remembered?: string,
): Promise<Session> {
  const { mail, microsoft } = clients.config;
  const { mailbox } = service;
  const credential = credentialOf(service, unsealSecrets(clients, service.id, secrets));
  const allowances = { ...mail, graphUrl: microsoft.graphUrl };
  return readers[mailbox.protocol].open({ mailbox, credential, remembered }, allowances, signal);
}
