// How the app of a mailbox asks for tokens, and what proves it: its own secret, or the managed identity of this deployment.
import { identityAssertion } from '../../azure/managed-identity.ts';
import type { Clients } from '../../clients.ts';
import type { Secrets } from '../../domain/service/document.ts';
import type { OAuthMailbox } from '../../domain/service/token-binding.ts';
import { type TokenLogin, type TokenUse, tokenLogin } from '../../mailboxes/entra/login.ts';

/** The login of a mailbox's app. No request is made. */
export function appLogin(
  { config }: Pick<Clients, 'config'>,
  mailbox: OAuthMailbox,
  secrets: Secrets,
  use: TokenUse = 'read',
): TokenLogin {
  const isAsserted = mailbox.auth.clientAssertion === 'managedIdentity';
  const assertion = isAsserted ? () => identityAssertion(config) : undefined;
  return tokenLogin(mailbox, secrets, config.microsoft, use, assertion);
}
