// The identity of a mail: where it is at its server, hashed, under the service that reads it.
import { createHash } from 'node:crypto';
import type { MailKey, ServiceId } from './mail.ts';
import type { MailboxSettings } from './service.ts';

/**
 * Names the folder as long as its UIDs mean the same mails (RFC 9051 2.3.1.1). The account is part of it: UIDVALIDITY
 * tells the lives of one folder apart, and many servers begin every account's with the same number. INBOX is the same in
 * any case, a login too (see domain/service-claims.ts).
 */
export function imapGeneration(
  { host, username, folder }: Pick<MailboxSettings, 'host' | 'username' | 'folder'>,
  uidValidity: bigint,
): string {
  const name = folder.toUpperCase() === 'INBOX' ? 'INBOX' : folder;
  return `imap/${JSON.stringify([host, username.toLowerCase(), name])}/${uidValidity}`;
}

/** The key of the mail with this id (IMAP: its UID). The same for ever: it must never depend on anything else. */
export function mailKeyOf(serviceId: ServiceId, generation: string, id: string): MailKey {
  return `${serviceId}.${createHash('sha256').update(`${generation}/${id}`).digest('hex')}` as MailKey;
}

/** The service of a mail, or undefined when the text is no mail key. */
export function serviceOf(mailKey: string): ServiceId | undefined {
  return /^([a-z0-9-]{1,40})\.[0-9a-f]{64}$/.exec(mailKey)?.[1] as ServiceId | undefined;
}
