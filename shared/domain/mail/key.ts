// The identity of a mail: where it is at its server, hashed, under the service that reads it.
import { createHash } from 'node:crypto';
import type { MailKey, ServiceId } from '../ids.ts';
import type { GraphMailbox, ServerMailbox } from '../service/service.ts';

/**
 * Names the folder as long as its UIDs mean the same mails (RFC 9051 2.3.1.1). The account is part of it: UIDVALIDITY
 * tells the lives of one folder apart, and many servers begin every account's with the same number. INBOX is the same in
 * any case, a login too (see domain/service/claims.ts).
 */
export function imapGeneration(
  { host, username, folder }: Pick<ServerMailbox, 'host' | 'username' | 'folder'>,
  uidValidity: bigint,
): string {
  const name = folder.toUpperCase() === 'INBOX' ? 'INBOX' : folder;
  return `imap/${JSON.stringify([host, username.toLowerCase(), name])}/${uidValidity}`;
}

/** Names a maildrop. Its ids hold for ever (see `pop3Id`), so nothing but the account is in it. */
export function pop3Generation({ host, username }: Pick<ServerMailbox, 'host' | 'username'>): string {
  return `pop3/${JSON.stringify([host, username.toLowerCase()])}`;
}

/**
 * Names a mailbox of Microsoft 365. An immutable id means its mail wherever in the mailbox that is, so the folder is no
 * part of it. https://learn.microsoft.com/graph/outlook-immutable-id
 */
export function graphGeneration({ username }: Pick<GraphMailbox, 'username'>): string {
  return `graph/${JSON.stringify([username.toLowerCase()])}`;
}

/** The id of a mail in Graph: its immutable id, shortened, for many are remembered at once. */
export function graphId(immutableId: string): string {
  return createHash('sha256').update(immutableId).digest('base64url').slice(0, 22);
}

/**
 * The id of a mail in a maildrop: its UIDL, and the digest of its header block because servers give a UIDL again once its
 * mail is gone, or to several mails at once (RFC 1939 7). Where the server has no UIDL, the size stands in its place.
 */
export function pop3Id(uidl: string | undefined, sizeBytes: number, headerDigest: string): string {
  const given = uidl === undefined ? `size/${sizeBytes}` : `uidl/${uidl}`;
  return createHash('sha256').update(`${given}/${headerDigest}`).digest('base64url').slice(0, 22);
}

/** The key of the mail with this id (IMAP: its UID; POP3: see `pop3Id`; Graph: see `graphId`). The same for ever: it must never depend on anything else. */
export function mailKeyOf(serviceId: ServiceId, generation: string, id: string): MailKey {
  return `${serviceId}.${createHash('sha256').update(`${generation}/${id}`).digest('hex')}` as MailKey;
}
