// How the mailbox of a service is logged in to: with its password, or with tokens.
import type { Clients } from '../../clients.ts';
import type { Secrets } from '../../domain/service/document.ts';
import { sendsByMailbox } from '../../domain/service/outgoing.ts';
import type { Service } from '../../domain/service/service.ts';
import { type OAuthMailbox, tokenBinding, usesTokens } from '../../domain/service/token-binding.ts';
import { saveThenConnect } from '../../mailboxes/entra/unconnected.ts';
import type { Credential } from '../../mailboxes/session.ts';
import { appLogin } from './app-login.ts';
import { keptTokens } from './tokens.ts';

/** A service that is to be logged in to, as it is or as it may become. */
export type Candidate = {
  service: Service;
  secrets: Secrets;
  /** As it is saved, with the tokens that are kept of it; undefined when it is not. */
  saved: Service | undefined;
};

/** The credential of what a service's mailbox sends by; undefined where it sends nothing. */
export function outgoingCredentialOf(
  clients: Pick<Clients, 'config' | 'database'>,
  candidate: Candidate,
  clock: () => Date,
): Credential | undefined {
  const { service, secrets } = candidate;
  const { mailbox } = service;
  if (mailbox.protocol === 'graph')
    return sendsByMailbox(service) ? credentialOf(clients, candidate, clock, 'send') : undefined;
  if (!mailbox.outgoing) return undefined;
  if (mailbox.outgoing.username === null) return credentialOf(clients, candidate, clock, 'send');
  return { type: 'password', password: secrets.outgoingPassword ?? '' };
}

/** The credential of a service's mailbox. The tokens that are kept are for the service as it is saved. */
export function credentialOf(
  clients: Pick<Clients, 'config' | 'database'>,
  { service, secrets, saved }: Candidate,
  clock: () => Date,
  use: 'read' | 'send' = 'read',
): Credential {
  const { id, mailbox } = service;
  if (!usesTokens(mailbox)) return { type: 'password', password: secrets.password ?? '' };
  const { microsoft } = clients.config;
  const isSaved = saved !== undefined && isSamePlace(mailbox, saved, microsoft.loginUrl);
  if (!isSaved && mailbox.auth.flow === 'authorizationCode') {
    return { type: 'token', token: async () => Promise.reject(saveThenConnect()) };
  }
  const login = appLogin(clients, mailbox, secrets, use);
  const kept = isSaved ? keptTokens(clients, id, mailbox) : undefined;
  // MSAL is loaded by the first mailbox that wants a token.
  const source = once(async () =>
    (await import('../../mailboxes/entra/tokens.ts')).tokenSource(login, kept, clock),
  );
  return { type: 'token', token: async options => (await source())(options) };
}

function isSamePlace(mailbox: OAuthMailbox, saved: Service, loginUrl: string): boolean {
  return (
    usesTokens(saved.mailbox) && tokenBinding(saved.mailbox, loginUrl) === tokenBinding(mailbox, loginUrl)
  );
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
