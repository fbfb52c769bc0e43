// What tokens are bound to: who asks for them, for whose mailbox, and the server that they are shown to.
import { createHash } from 'node:crypto';
import type { MailboxSettings, OAuth } from './service.ts';

/** A mailbox that is logged in to with tokens. */
export type OAuthMailbox = MailboxSettings & { auth: OAuth };

/** Whether a mailbox is logged in to with tokens. */
export function usesTokens(mailbox: MailboxSettings): mailbox is OAuthMailbox {
  return mailbox.auth.type === 'oauth';
}

/**
 * One digest for each place that tokens come from and go to: tokens kept under another one are never used, as a stored
 * password is never sent to a new place.
 * @param loginUrl origin of Entra ID
 */
export function tokenBinding(mailbox: OAuthMailbox, loginUrl: string): string {
  const { protocol, address, username, auth } = mailbox;
  const server =
    mailbox.protocol === 'graph' ? [] : [mailbox.host, mailbox.port, mailbox.tls, mailbox.caCertificate];
  const app = [loginUrl, auth.flow, auth.tenantId, auth.clientId];
  const bound = [...app, protocol, ...server, username, address];
  return createHash('sha256').update(JSON.stringify(bound)).digest('hex');
}
