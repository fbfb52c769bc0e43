// The server that a mailbox sends by: its usual ports, and which login is shown to it.
import type { Outgoing, ServerMailbox, Service } from './service.ts';

/** TLS from the start, and later (RFC 8314 3.3, RFC 6409 3.1). */
export const submissionPorts: readonly number[] = [465, 587];

/** The port of submission under this kind of TLS. */
export function defaultOutgoingPort(tls: ServerMailbox['tls']): number {
  return tls === 'implicit' ? 465 : 587;
}

/** The server as it was written, its defaults filled in. */
export function toOutgoing(written: {
  host: string;
  port?: number | undefined;
  tls: ServerMailbox['tls'];
  username?: string | undefined;
}): Outgoing {
  const { host, tls, port = defaultOutgoingPort(tls), username = null } = written;
  return { host, port, tls, username };
}

/** Whether the mailbox sends the invitations of a service, and not the platform. */
export function sendsByMailbox({ survey }: Pick<Service, 'survey'>): boolean {
  return survey.type !== 'none' && survey.delivery === 'mailbox';
}
