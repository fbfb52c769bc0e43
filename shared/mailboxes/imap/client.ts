// The IMAP client as every connection of ours sets it up: to a vetted address, under the name that the certificate must have.
import { isIP } from 'node:net';
import { ImapFlow, type ImapFlowOptions, type Logger } from 'imapflow';
import type { ServerMailbox } from '../../domain/service/service.ts';
import type { Proof } from '../proof.ts';

/** Nothing larger is kept in memory; a server that sends more in one piece loses the connection. */
const LARGEST_LITERAL_BYTES = 64 * 1024 * 1024;

/** What the server answered to the last command that it refused. */
const refusals = new WeakMap<ImapFlow, Error>();

/**
 * Why the server refused the last command: imapflow (2.10.2) gives false for most of them, and what was said to its
 * logger alone. Told once.
 */
export function takeRefusal(client: ImapFlow): Error | undefined {
  const refusal = refusals.get(client);
  refusals.delete(client);
  return refusal;
}

/** An IMAP client, not connected yet. `options` come on top of ours. */
export function createImapClient(
  mailbox: ServerMailbox,
  proof: Proof,
  address: string,
  options: Partial<ImapFlowOptions> = {},
): ImapFlow {
  const client = new ImapFlow({
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
    logger: refusalListener(error => refusals.set(client, error)),
    disableAutoIdle: true,
    clientInfo: { name: 'Malote' },
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 60_000,
    maxLiteralSize: LARGEST_LITERAL_BYTES,
    ...options,
  });
  return client;
}

/** A logger of refusals alone: for what it has no method for, imapflow does not even write down what it would log. */
function refusalListener(hear: (refusal: Error) => void): Logger {
  const listener: Pick<Logger, 'warn' | 'error'> & { fatal: () => void } = {
    warn: ({ err }: { err?: Error }) => {
      if (err && 'responseStatus' in err) hear(err);
    },
    // Without these it writes to the console.
    error: () => {},
    fatal: () => {},
  };
  return listener as unknown as Logger;
}
