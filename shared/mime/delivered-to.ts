// To which address a mail was written, as the servers that delivered it tell: aliases and copies do not stand in To.

import type { MailHeaders } from '../domain/mail/mail.ts';
import { addressesIn } from './addresses-in-text.ts';
import type { Own } from './correspondent.ts';
import type { HeaderFields } from './header-fields.ts';
import { limits } from './limits.ts';

/**
 * Who the envelope named, before any alias (X-Original-To: Postfix; Envelope-To: Exim, Dovecot's Pigeonhole;
 * X-Envelope-To: Sendmail, Fetchmail; X-Real-To: CommuniGate Pro; X-Delivered-To: Fastmail; X-Apparently-To: Yahoo;
 * Original-Recipient: RFC 8098 2.3; X-Forwarded-To: Gmail's forwarding), and the mailbox in the end (Delivered-To: RFC 9228).
 */
const names = [
  'x-original-to',
  'envelope-to',
  'x-envelope-to',
  'original-recipient',
  'x-forwarded-to',
  'x-delivered-to',
  'x-rcpt-to',
  'x-real-to',
  'x-apparently-to',
  'delivered-to',
];

/**
 * The addresses that a mail was delivered to, lower case, each once, at most `limits.deliveredTo`.
 *
 * A server writes above what a mail brought along: the topmost header of each name is our server's. Those below it are
 * earlier stops, perhaps of others who forwarded the mail to us, and count when they are of a domain of ours. Without any
 * header: those of To and Cc that are ours.
 */
export function readDeliveredTo(
  fields: HeaderFields,
  { to, cc }: Pick<MailHeaders, 'to' | 'cc'>,
  own: Own,
): string[] {
  const ofOurDomain = (address: string) => [...own].some(ours => domainOf(ours) === domainOf(address));
  const told = names.flatMap(name =>
    fields
      .all(name)
      .slice(0, limits.deliveredTo)
      .flatMap((value, position) =>
        addressesIn(value.slice(0, 1000).toLowerCase())
          .map(({ address }) => withoutVirtualDomain(address))
          .filter(address => position === 0 || ofOurDomain(address)),
      ),
  );
  const written = [...to, ...cc]
    .map(({ address }) => address.toLowerCase())
    .filter(address => own.has(address));
  return [...new Set(told.length > 0 ? told : written)].slice(0, limits.deliveredTo);
}

/** qmail's virtual domains put the domain before the local part: `loja.example-ana@loja.example`. */
function withoutVirtualDomain(address: string): string {
  const before = `${domainOf(address)}-`;
  return address.startsWith(before) ? address.slice(before.length) : address;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
