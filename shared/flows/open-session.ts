// Opening a service's mailbox: the reader of its protocol, with its password unsealed.
import type { ServiceItem } from '../azure/services-store.ts';
import type { Clients } from '../clients.ts';
import { readers, type Session } from '../mailboxes/reader.ts';
import { passwordContext, unseal } from '../secrets.ts';

/**
 * Connects to a service's mailbox and logs in.
 * @param remembered what the last session on a maildrop wanted remembered
 * @throws MaloteError with a mailbox's code
 */
export async function openSession(
  { config }: Pick<Clients, 'config'>,
  { service: { id, mailbox }, secrets }: ServiceItem,
  signal: AbortSignal,
  remembered?: string,
): Promise<Session> {
  const password = unseal(config.secretKeys, secrets.password, passwordContext(id));
  return readers[mailbox.protocol].open({ mailbox, password, remembered }, config.mail, signal);
}
