// The IMAP client as every connection of ours sets it up: to a vetted address, under the name that the certificate must have.
import { isIP } from 'node:net';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import type { ServerMailbox } from '../../domain/service/service.ts';
import type { Proof } from '../proof.ts';

/** Nothing larger is kept in memory; a server that sends more in one piece loses the connection. */
const LARGEST_LITERAL_BYTES = 64 * 1024 * 1024;

/** An IMAP client, not connected yet. `options` come on top of ours. */
export function createImapClient(
  mailbox: ServerMailbox,
  proof: Proof,
  address: string,
  options: Partial<ImapFlowOptions> = {},
): ImapFlow {
  return new ImapFlow({
    host: address,
    ...(isIP(mailbox.host) ? {} : { servername: mailbox.host }),
    port: mailbox.port,
    secure: mailbox.tls === 'implicit',
    // True is a requirement: without STARTTLS the password is not sent (RFC 8314 section 3.2).
    doSTARTTLS: mailbox.tls === 'starttls',
    tls: mailbox.caCertificate === null ? {} : { ca: mailbox.caCertificate },
    auth: {
      user: mailbox.username,
      ...(proof.type === 'password' ? { pass: proof.password } : { accessToken: proof.token }),
    },
    logger: false,
    disableAutoIdle: true,
    clientInfo: { name: 'Malote' },
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 60_000,
    maxLiteralSize: LARGEST_LITERAL_BYTES,
    ...options,
  });
}
