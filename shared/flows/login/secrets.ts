// The secrets of a service: sealed before they are kept, unsealed only to log in.
import type { SealedSecrets } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { JsonObject } from '../../domain/merge-patch.ts';
import type { Secrets } from '../../domain/service/document.ts';
import { writtenSecret } from '../../domain/service/secret-place.ts';
import { secretsOf, secretsOfMailbox } from '../../domain/service/secret-rules.ts';
import { type MailboxSettings, type SecretName, secretNames } from '../../domain/service/service.ts';
import { seal, secretContext, unseal } from '../../secrets.ts';

type WithConfig = Pick<Clients, 'config'>;

/** What a service keeps after it was written: the secret that was given, else the one it had; never one of another way to log in. */
export function sealSecrets(
  { config }: WithConfig,
  id: ServiceId,
  mailbox: MailboxSettings,
  given: Secrets,
  kept: SealedSecrets = {},
): SealedSecrets {
  const ofLogin = secretsOf(mailbox.auth);
  const isGiven = ofLogin.some(name => given[name] !== undefined);
  const ofLaterReleases = Object.entries(kept).filter(([name]) => !secretNames.some(known => known === name));
  return Object.fromEntries([
    ...ofLaterReleases,
    ...secretsOfMailbox(mailbox).flatMap(name => {
      const secret = given[name];
      const sealed =
        secret === undefined ? kept[name] : seal(config.secretKeys, secret, secretContext(id, name));
      const isReplaced = isGiven && ofLogin.includes(name);
      return sealed && (secret !== undefined || !isReplaced) ? [[name, sealed]] : [];
    }),
  ]);
}

/** @throws MaloteError `secret_unreadable` */
export function unsealSecrets({ config }: WithConfig, id: ServiceId, sealed: SealedSecrets): Secrets {
  return Object.fromEntries(
    secretNames.flatMap(name => {
      const secret = sealed[name];
      return secret ? [[name, unseal(config.secretKeys, secret, secretContext(id, name))]] : [];
    }),
  );
}

/** The secrets that there are. */
export function namesOf(secrets: SealedSecrets): Set<SecretName> {
  return new Set(secretNames.filter(name => secrets[name] !== undefined));
}

/** The secrets that a patch asks to forget. */
export function clearedBy(patch: JsonObject): Set<SecretName> {
  return new Set(secretNames.filter(name => writtenSecret(patch, name) === null));
}
