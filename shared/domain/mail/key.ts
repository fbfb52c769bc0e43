// The identity of a mail: where it is at its server, hashed, under the service that reads it.
import { createHash } from 'node:crypto';
import type { MailKey, ServiceId } from '../ids.ts';
import { serverKey } from '../service/claims.ts';
import type { GraphMailbox, ServerMailbox } from '../service/service.ts';

/** An account of a mail server. Tests and records from before ports were told apart give no port. */
type Account = Pick<ServerMailbox, 'host' | 'username'> & { port?: number };
type Folder = Account & Pick<ServerMailbox, 'folder'>;

/** Names a folder of an account. INBOX is the same in any case, a login too (see domain/service/claims.ts). */
export function imapFolder({ username, folder, ...server }: Folder): string {
  const name = folder.toUpperCase() === 'INBOX' ? 'INBOX' : folder;
  return `imap/${JSON.stringify([serverKey(server), username.toLowerCase(), name])}`;
}

/**
 * Names the folder as long as its UIDs mean the same mails (RFC 9051 2.3.1.1). The account is part of it: UIDVALIDITY
 * tells the lives of one folder apart, and many servers begin every account's with the same number.
 */
export function imapGeneration(folder: Folder, uidValidity: bigint): string {
  return `${imapFolder(folder)}/${uidValidity}`;
}

/** Names a folder whose UIDVALIDITY is another one at every session, so that ids are made of the mails (see `printId`). */
export function unstableGeneration(folder: Folder): string {
  return `${imapFolder(folder)}/*`;
}

/** The id of a mail in such a folder: what a server tells of it without its body. */
export function printId(fields: string, receivedAt: number, sizeBytes: number): string {
  const print = JSON.stringify([fields, receivedAt, sizeBytes]);
  return createHash('sha256').update(print).digest('base64url').slice(0, 22);
}

/** Names a maildrop. Its ids hold for ever (see `pop3Id`), so nothing but the account is in it. */
export function pop3Generation({ username, ...server }: Account): string {
  return `pop3/${JSON.stringify([serverKey(server), username.toLowerCase()])}`;
}

/** What the same mailbox was called before generations named a port; undefined where that makes no difference. */
export function formerGeneration(
  mailbox: Pick<ServerMailbox, 'host' | 'port'>,
  generation: string,
): string | undefined {
  const [now, before] = [JSON.stringify(serverKey(mailbox)), JSON.stringify(mailbox.host)];
  return now === before ? undefined : generation.replace(now, () => before);
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
