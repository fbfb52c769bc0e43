// What the connection tests over IMAP and POP3 find alike: the address, a token, and a connection without encryption.
import type { ServerMailbox } from '../../domain/service/service.ts';
import { vetConnection } from '../guard.ts';
import type { Proof } from '../proof.ts';
import type { Credential } from '../session.ts';
import type { Finding, Step, Subject } from './step.ts';

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

/**
 * Servers make whoever gives a wrong password wait: Courier 5 s; Dovecot 2 s, and 2 to 15 s more after failures from the same
 * address (https://doc.dovecot.org/2.3/configuration_manual/authentication/auth_penalty/). What a test has besides takes little.
 */
export const LOGIN_MS = 8_000;

/** Said when the login is not answered in that time. */
export const noAnswerToLogin = {
  message: 'The server does not answer the login in time.',
  cure: 'Servers let whoever gave a wrong password wait, ever longer: check mailbox.username and the password, wait a few minutes, then test again.',
};

/** What a test shows the server: a token is empty until the step `token` has asked for one. */
export function firstProof(credential: Credential): Proof {
  return credential.type === 'password' ? credential : { type: 'token', token: '' };
}

/**
 * The step that asks for a token and gives it to `keep`; none where there is a password. A new token is asked for even
 * where a good one is at hand: one from before may lack the permission that the test is to confirm.
 */
export function tokenSteps(credential: Credential, keep: (proof: Proof) => void): Step[] {
  if (credential.type === 'password') return [];
  const run = async () => {
    keep({ type: 'token', token: await credential.token({ renew: true }) });
    return { message: 'Microsoft Entra ID issued a new access token.' };
  };
  return [{ name: 'token', deadlineMs: 4_000, silence: noAnswerOfIssuer, run }];
}

const noAnswerOfIssuer = {
  message: 'Microsoft Entra ID did not issue a token in time.',
  cure: 'Try again; if it stays so, ask the operator whether this app reaches MICROSOFT_LOGIN_URL.',
};

/** Said of a connection without TLS, over which this goes. */
export function unencrypted({ type }: Proof): Finding {
  return {
    outcome: 'warning',
    message: `The connection is not encrypted: the ${type === 'token' ? 'access token' : 'password'} travels in the clear.`,
    cure: 'Set mailbox.tls to "implicit" or "starttls" as soon as the server can.',
  };
}
