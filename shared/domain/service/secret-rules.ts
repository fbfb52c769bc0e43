// Which secrets a service must be written with: those it has not got, and those that a change would send to a new place.
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { isMoved, loginOf, serverOf } from './claims.ts';
import type { ServiceContext } from './context.ts';
import type { MailboxDocument } from './mailbox-schema.ts';
import { type SecretName, type Service, secretNames } from './service.ts';

/** What is wrong with the secrets of a document, at the member that has to be given or left out. */
export type SecretFault = { name: SecretName; message: string };

/** Of each way to log in, the secrets of which one is needed. */
const needed: Record<Service['mailbox']['auth']['type'], { names: SecretName[]; cure: string }> = {
  basic: { names: ['password'], cure: 'give the password of the mailbox' },
  oauth: {
    names: ['clientSecret', 'clientCertificate'],
    cure: 'give the value of the client secret, or a certificate in clientCertificate',
  },
};

/** The secrets that a mailbox logs in with: one of these. */
export function secretsOf(auth: Service['mailbox']['auth']): SecretName[] {
  return needed[auth.type].names;
}

/** The secrets in a document or a patch; nothing of it has been checked. */
export function secretsWritten({ mailbox }: JsonObject): Partial<Record<SecretName, string>> {
  const auth = isJsonObject(mailbox) && isJsonObject(mailbox.auth) ? mailbox.auth : {};
  const written = secretNames.map(name => [name, auth[name]] as const);
  return Object.fromEntries(written.filter(([, secret]) => typeof secret === 'string'));
}

/** Whether a secret is missing, cleared, or given beside another; undefined when those given, or kept, will do. */
export function secretFault(
  auth: MailboxDocument['auth'],
  { current, keptSecrets, clearedSecrets }: ServiceContext,
): SecretFault | undefined {
  const { names, cure } = needed[auth.type];
  const [usual = 'password'] = names;
  const given = givenIn(auth);
  if (given.length > 1) {
    return { name: 'clientCertificate', message: 'is given beside clientSecret; leave one of them out' };
  }
  if (given.length === 1) return undefined;
  const kept = current && names.find(name => keptSecrets.has(name));
  if (!kept) return { name: usual, message: `is required; ${cure}` };
  return clearedSecrets.has(kept)
    ? { name: kept, message: 'cannot be cleared; give another one, or leave it out to keep it' }
    : undefined;
}

/** Whether a kept secret would be sent to a new place. */
export function secretNeededAgain(
  mailbox: MailboxDocument,
  { current, keptSecrets }: ServiceContext,
): SecretFault | undefined {
  const { auth } = mailbox;
  const name = needed[auth.type].names.find(name => keptSecrets.has(name));
  const isKept = current && name && givenIn(auth).length === 0;
  if (!isKept || !isMoved(current.mailbox, destinationOf(mailbox))) return undefined;
  const places = auth.type === 'basic' ? 'login or authority' : 'login, authority, tenant or client';
  return {
    name,
    message: `must be given again when the host, port, TLS, ${places} changes: a stored secret is never sent to a new place`,
  };
}

function givenIn(auth: MailboxDocument['auth']): SecretName[] {
  const written: Partial<Record<SecretName, unknown>> = auth;
  return needed[auth.type].names.filter(name => written[name] !== undefined);
}

function destinationOf(mailbox: MailboxDocument) {
  const { auth } = mailbox;
  return { ...(mailbox.protocol === 'graph' ? {} : serverOf(mailbox)), username: loginOf(mailbox), auth };
}
