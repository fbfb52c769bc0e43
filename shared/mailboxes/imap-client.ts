// The IMAP client as every connection of ours sets it up: to a vetted address, under the name that the certificate must have.
import { isIP } from 'node:net';
import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import type { ServerMailbox } from '../domain/service.ts';
import type { Credential, Target } from './reader.ts';

/** Nothing larger is kept in memory; a server that sends more in one piece loses the connection. */
const LARGEST_LITERAL_BYTES = 64 * 1024 * 1024;

/**
 * An IMAP client, not connected yet. `options` come on top of ours.
 * @throws MaloteError what asking for a token throws
 */
export async function createImapClient(
  { mailbox, credential }: Target<ServerMailbox>,
  address: string,
  options: Partial<ImapFlowOptions> = {},
): Promise<ImapFlow> {
  return new ImapFlow({
    host: address,
    ...(isIP(mailbox.host) ? {} : { servername: mailbox.host }),
    port: mailbox.port,
    secure: mailbox.tls === 'implicit',
    // True is a requirement: without STARTTLS the password is not sent (RFC 8314 section 3.2).
    doSTARTTLS: mailbox.tls === 'starttls',
    tls: mailbox.caCertificate === null ? {} : { ca: mailbox.caCertificate },
    auth: { user: mailbox.username, ...(await proofOf(credential)) },
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

async function proofOf(credential: Credential): Promise<{ pass: string } | { accessToken: string }> {
  if (credential.type === 'password') return { pass: credential.password };
  return { accessToken: await credential.token() };
}
