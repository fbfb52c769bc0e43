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
  /** Gives what proves the app in place of a secret: a token that Entra ID takes as its assertion (RFC 7523 2.2). */
  assertion: (() => Promise<string>) | undefined;
  scopes: string[];
};

/** What tokens are for: one permission more may lack a consent, and then reading goes on. `all` is what is consented to. */
export type TokenUse = 'read' | 'send' | 'all';

/** How a mailbox's app asks for the tokens of its protocol. */
export function tokenLogin(
  mailbox: OAuthMailbox,
  secrets: Secrets,
  microsoft: Microsoft,
  use: TokenUse = 'read',
  assertion: TokenLogin['assertion'] = undefined,
): TokenLogin {
  const { flow, tenantId, clientId } = mailbox.auth;
  const scopes = scopesOf(mailbox.protocol, flow, microsoft, use);
  return { flow, loginUrl: microsoft.loginUrl, tenantId, clientId, secrets, assertion, scopes };
}

/** What a person consents to. `Shared` is for mailboxes that are not the person's own. */
const delegated: Record<MailboxSettings['protocol'], Record<'read' | 'send', string[]>> = {
  imap: { read: ['IMAP.AccessAsUser.All'], send: ['SMTP.Send'] },
  pop3: { read: ['POP.AccessAsUser.All'], send: ['SMTP.Send'] },
  graph: { read: ['Mail.ReadWrite', 'Mail.ReadWrite.Shared'], send: ['Mail.Send', 'Mail.Send.Shared'] },
};

function scopesOf(
  protocol: MailboxSettings['protocol'],
  flow: OAuth['flow'],
  { graphUrl, mailUrl }: Microsoft,
  use: TokenUse,
): string[] {
  const resource = protocol === 'graph' ? graphUrl : mailUrl;
  const { read, send } = delegated[protocol];
  const ofPerson = { read, send, all: [...read, ...send] }[use];
  const permissions = flow === 'clientCredentials' ? ['.default'] : ofPerson;
  return permissions.map(permission => `${resource}/${permission}`);
}
