// Where each secret of a service stands in what an administrator writes.
import { isJsonObject, type JsonValue } from '../merge-patch.ts';
import type { SecretName } from './service.ts';

const places: Record<SecretName, [part: 'auth' | 'outgoing', member: string]> = {
  password: ['auth', 'password'],
  clientSecret: ['auth', 'clientSecret'],
  clientCertificate: ['auth', 'clientCertificate'],
  outgoingPassword: ['outgoing', 'password'],
};

/** The path of a secret's member, such as `mailbox.auth.password`. */
export function secretField(name: SecretName): string {
  return ['mailbox', ...places[name]].join('.');
}

/** What a document or a patch says of a secret; nothing of it has been checked. */
export function writtenSecret({ mailbox }: { mailbox?: unknown }, name: SecretName): JsonValue | undefined {
  const [part, member] = places[name];
  const within = isJsonObject(mailbox) ? mailbox[part] : undefined;
  return isJsonObject(within) ? within[member] : undefined;
}
