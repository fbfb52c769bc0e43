// What is shown of a service and cannot be written: sent back as it was read, it changes nothing.
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonObject } from '../merge-patch.ts';
import { secretsOfMailbox, secretsOfWay } from './secret-rules.ts';
import type { SecretName, Service } from './service.ts';

/** A service as it is kept, and which of its secrets there are. */
export type Kept = {
  service: Service;
  createdAt: string;
  updatedAt: string;
  secretNames: ReadonlySet<SecretName>;
};

/** The members beside those that an administrator writes. */
export function readOnlyMembers({ service, createdAt, updatedAt, secretNames }: Kept) {
  const { id, readFromAt, mailbox } = service;
  const isSet = secretsOfWay(mailbox.auth).map(name => [`${name}Set`, secretNames.has(name)] as const);
  const expiry =
    mailbox.auth.type === 'oauth'
      ? { clientCertificateExpiresAt: mailbox.auth.clientCertificateExpiresAt }
      : {};
  const sending = secretsOfMailbox(mailbox).includes('outgoingPassword')
    ? { outgoing: { passwordSet: secretNames.has('outgoingPassword') } }
    : {};
  const auth = { ...Object.fromEntries(isSet), ...expiry };
  // Over Graph it is the address, and cannot be another.
  const login = mailbox.protocol === 'graph' ? { username: mailbox.username } : {};
  return { id, readFromAt, createdAt, updatedAt, mailbox: { ...login, auth, ...sending } };
}

/**
 * A document or patch without what only repeats what there is: so what was read may be sent back whole. A member with
 * another value stays, to be refused with the rest. Warnings are of the moment they were made in: whatever they say.
 * @param readOnly of the service that is written to; empty for one that is not there yet
 */
export function withoutRepeated(written: JsonObject, readOnly: JsonObject): JsonObject {
  const { warnings, ...rest } = written;
  return without(Array.isArray(warnings) ? rest : written, readOnly);
}

function without(written: JsonObject, readOnly: JsonObject): JsonObject {
  const members = Object.entries(written).flatMap(([name, value]) => {
    const own = Object.hasOwn(readOnly, name) ? readOnly[name] : undefined;
    if (isJsonObject(own) && isJsonObject(value)) return [[name, without(value, own)] as const];
    return own !== undefined && isDeepStrictEqual(own, value) ? [] : [[name, value] as const];
  });
  return Object.fromEntries(members);
}
