// The seam between flows and the servers that mailboxes send by: one mail, to one address, sent or refused.
import type { MailboxSettings } from '../domain/service/service.ts';
import type { Allowances, Credential } from './session.ts';

/** A mail ready to be sent, with the addresses of its envelope (RFC 5321 2.3.1). */
export type OutboundMail = { from: string; to: string; raw: Buffer };

/** Which mailbox sends, and how to log in where it does. */
export type Outbound<Settings extends MailboxSettings = MailboxSettings> = {
  mailbox: Settings;
  credential: Credential;
  clock: () => Date;
};

/** `messageId`: the one that the server gave the mail in the place of ours, if it told; with its angle brackets. */
export type Sent = { messageId: string | null };

/**
 * Sends a mail. In doubt it throws, though the mail may have gone.
 * @throws MaloteError with a mailbox's code; of the mail alone `recipient_refused` and `mail_refused` (for ever),
 *   `sending_deferred` (not now)
 */
export type SendMail<Settings extends MailboxSettings = MailboxSettings> = (
  outbound: Outbound<Settings>,
  mail: OutboundMail,
  allowances: Allowances,
  signal: AbortSignal,
) => Promise<Sent>;
