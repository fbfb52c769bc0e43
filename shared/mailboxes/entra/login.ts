// Who asks Entra ID for the tokens of a mailbox, and what for.
import type { Secrets } from '../../domain/service/document.ts';
import type { MailboxSettings, OAuth } from '../../domain/service/service.ts';
import type { OAuthMailbox } from '../../domain/service/token-binding.ts';

/** Where Microsoft 365 is (shared/config.ts `microsoft`). */
type Microsoft = { loginUrl: string; graphUrl: string; mailUrl: string };

/** Who asks for tokens, where, and for what. */
export type TokenLogin = {
  flow: OAuth['flow'];
  loginUrl: string;
  tenantId: string;
  clientId: string;
  secrets: Secrets;
  scopes: string[];
};

/** How a mailbox's app asks for the tokens of its protocol. */
export function tokenLogin(mailbox: OAuthMailbox, secrets: Secrets, microsoft: Microsoft): TokenLogin {
  const { flow, tenantId, clientId } = mailbox.auth;
  const scopes = scopesOf(mailbox.protocol, flow, microsoft);
  return { flow, loginUrl: microsoft.loginUrl, tenantId, clientId, secrets, scopes };
}

/** What a person consents to. `Shared` is for mailboxes that are not the person's own. */
const delegated: Record<MailboxSettings['protocol'], string[]> = {
  imap: ['IMAP.AccessAsUser.All'],
  pop3: ['POP.AccessAsUser.All'],
  graph: ['Mail.ReadWrite', 'Mail.ReadWrite.Shared'],
};

function scopesOf(
  protocol: MailboxSettings['protocol'],
  flow: OAuth['flow'],
  { graphUrl, mailUrl }: Microsoft,
): string[] {
  const resource = protocol === 'graph' ? graphUrl : mailUrl;
  const permissions = flow === 'clientCredentials' ? ['.default'] : delegated[protocol];
  return permissions.map(permission => `${resource}/${permission}`);
}
