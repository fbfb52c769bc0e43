// How the mailbox of a service is logged in to: with its password, or with tokens.
import type { Service } from '../domain/service.ts';
import type { Secrets } from '../domain/service-document.ts';
import { MaloteError } from '../errors.ts';
import type { Credential } from '../mailboxes/reader.ts';

/** The credential of a service's mailbox. @throws MaloteError `secret_unreadable` when there is none */
export function credentialOf({ mailbox: { auth } }: Service, secrets: Secrets): Credential {
  if (auth.type === 'basic') return { type: 'password', password: secrets.password ?? '' };
  return {
    type: 'token',
    token: async () => {
      throw new MaloteError('consent_required', 'Nobody has connected this mailbox yet.');
    },
  };
}
