// Which secrets a service must be written with: those it has not got, and those that a change would send to a new place.
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../merge-patch.ts';
import { isMoved, loginOf, serverOf } from './claims.ts';
import type { ServiceContext } from './context.ts';
import { isMicrosoftHost } from './host.ts';
import type { MailboxDocument } from './mailbox-schema.ts';
import { toOutgoing } from './outgoing.ts';
import { writtenSecret } from './secret-place.ts';
import { type MailboxSettings, type SecretName, type Service, secretNames } from './service.ts';

/** What is wrong with the secrets of a document, at the member that has to be given or left out. */
export type SecretFault = { name: SecretName; message: string };

/** Of each way to log in, the secrets of which one is needed. */
const needed: Record<Service['mailbox']['auth']['type'], { names: SecretName[]; cure: string }> = {
  basic: { names: ['password'], cure: 'give the password of the mailbox' },
  oauth: {
    names: ['clientSecret', 'clientCertificate'],
    cure: 'give the value of the client secret, a certificate in clientCertificate, or "managedIdentity" in clientAssertion',
  },
};

/** The secrets that a mailbox logs in with: one of these; none where the managed identity proves who it is. */
export function secretsOf(auth: Service['mailbox']['auth']): SecretName[] {
  return isAsserted(auth) ? [] : secretsOfWay(auth);
}

/** The secrets that there may be with a way to log in. */
export function secretsOfWay({ type }: Pick<Service['mailbox']['auth'], 'type'>): SecretName[] {
  return needed[type].names;
}

function isAsserted(auth: Service['mailbox']['auth'] | MailboxDocument['auth']): boolean {
  return auth.type === 'oauth' && (auth.clientAssertion ?? null) !== null;
}

/** All secrets that a mailbox may have: those it logs in with, and that of a login of its own to send by. */
export function secretsOfMailbox(mailbox: MailboxSettings): SecretName[] {
  const { username = null } = (mailbox.protocol === 'graph' ? null : mailbox.outgoing) ?? {};
  return [...secretsOf(mailbox.auth), ...(username === null ? [] : ['outgoingPassword' as const])];
}

/** The secrets in a document or a patch; nothing of it has been checked. */
export function secretsWritten(document: JsonObject): Partial<Record<SecretName, string>> {
  const written = secretNames.map(name => [name, writtenSecret(document, name)] as const);
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
  if (isAsserted(auth)) {
    const [beside] = given;
    const message = 'is given beside clientAssertion; leave it out, or clear clientAssertion with null';
    return beside && { name: beside, message };
  }
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
  const isKept = current && name && givenIn(auth).length === 0 && !isAsserted(auth);
  if (!isKept) return undefined;
  if (!isMoved(current.mailbox, destinationOf(mailbox))) {
    const message =
      'must be given again when mailbox.outgoing is to use it at another server: a stored secret is never sent to a new place';
    return isShownElsewhere(mailbox, current.mailbox) ? { name, message } : undefined;
  }
  const places = auth.type === 'basic' ? 'login or authority' : 'login, authority, tenant or client';
  return {
    name,
    message: `must be given again when the host, port, TLS, ${places} changes: a stored secret is never sent to a new place`,
  };
}

/**
 * Whether the secret of the mailbox would be shown to a server that mail is sent by, and was not before. Tokens are good for
 * Microsoft alone, to whose servers the secret of an app does not go.
 */
function isShownElsewhere(mailbox: MailboxDocument, before: MailboxSettings): boolean {
  if (mailbox.protocol === 'graph' || !mailbox.outgoing || mailbox.outgoing.username !== undefined)
    return false;
  if (mailbox.auth.type === 'oauth' && isMicrosoftHost(mailbox.outgoing.host)) return false;
  const outgoing = before.protocol === 'graph' ? null : (before.outgoing ?? null);
  return !isDeepStrictEqual(outgoing, toOutgoing(mailbox.outgoing));
}

/** What is wrong with the password of a login that mail is sent by, of its own. */
export function outgoingSecretFault(
  mailbox: MailboxDocument,
  { current, keptSecrets, clearedSecrets }: ServiceContext,
): SecretFault | undefined {
  if (mailbox.protocol === 'graph' || !mailbox.outgoing) return undefined;
  const name = 'outgoingPassword';
  const { username, password } = mailbox.outgoing;
  if (username === undefined) {
    const message = 'is of a login of its own; give mailbox.outgoing.username with it, or leave both out';
    return password === undefined ? undefined : { name, message };
  }
  if (password !== undefined) return undefined;
  const before = current?.mailbox.protocol === 'graph' ? undefined : current?.mailbox;
  if (!before?.outgoing || !keptSecrets.has(name))
    return { name, message: 'is required; give the password of mailbox.outgoing.username' };
  if (clearedSecrets.has(name))
    return { name, message: 'cannot be cleared; give another one, or leave it out to keep it' };
  const isSame =
    isDeepStrictEqual(before.outgoing, toOutgoing(mailbox.outgoing)) &&
    before.caCertificate === (mailbox.caCertificate ?? null);
  const message =
    'must be given again when the host, port, TLS, login or authority that mail is sent by changes: a stored secret is never sent to a new place';
  return isSame ? undefined : { name, message };
}

function givenIn(auth: MailboxDocument['auth']): SecretName[] {
  const written: Partial<Record<SecretName, unknown>> = auth;
  return needed[auth.type].names.filter(name => written[name] !== undefined);
}

function destinationOf(mailbox: MailboxDocument) {
  const { auth } = mailbox;
  return { ...(mailbox.protocol === 'graph' ? {} : serverOf(mailbox)), username: loginOf(mailbox), auth };
}
