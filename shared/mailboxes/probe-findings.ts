// What the connection tests of all protocols find alike: the address, and a connection without encryption.
import type { ServerMailbox } from '../domain/service.ts';
import { vetConnection } from './guard.ts';
import type { Finding, Subject } from './test-connection.ts';

/** Resolves and vets the host. @throws MaloteError `host_unknown`, `host_forbidden` */
export async function resolveSubject({
  mailbox,
  allowances,
  lookup,
}: Subject<ServerMailbox>): Promise<{ address: string; finding: Finding }> {
  const address = await vetConnection(mailbox, allowances, lookup);
  return { address, finding: { message: `${mailbox.host} is at ${address}.`, detail: { address } } };
}

/** Said when the DNS is silent. */
export const noAnswerOfDns = {
  message: 'The DNS did not answer in time.',
  cure: 'Check mailbox.host for a typing error, and try again.',
};

export const unencrypted: Finding = {
  outcome: 'warning',
  message: 'The connection is not encrypted: the password travels in the clear.',
  cure: 'Set mailbox.tls to "implicit" or "starttls" as soon as the server can.',
};
