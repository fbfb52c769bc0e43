// The app that reads a mailbox, as MSAL wants to know it, and what it asks tokens for.
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { ConfidentialClientApplication, type INetworkModule } from '@azure/msal-node';
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

/** What tokens are for: one permission more may lack a consent, and then reading goes on. `all` is what is consented to. */
export type TokenUse = 'read' | 'send' | 'all';

/** How a mailbox's app asks for the tokens of its protocol. */
export function tokenLogin(
  mailbox: OAuthMailbox,
  secrets: Secrets,
  microsoft: Microsoft,
  use: TokenUse = 'read',
): TokenLogin {
  const { flow, tenantId, clientId } = mailbox.auth;
  const scopes = scopesOf(mailbox.protocol, flow, microsoft, use);
  return { flow, loginUrl: microsoft.loginUrl, tenantId, clientId, secrets, scopes };
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

/**
 * The app for one use: it remembers refusals of Entra ID, which nobody needs later.
 * @param cache what MSAL wrote out of an earlier one
 */
export function openApp(
  login: TokenLogin,
  network: INetworkModule,
  cache: string | null,
): ConfidentialClientApplication {
  const { loginUrl, tenantId, clientId } = login;
  const authority = `${loginUrl}/${tenantId}`;
  const app = new ConfidentialClientApplication({
    auth: {
      clientId,
      authority,
      ...proofOf(login.secrets),
      // Spares a request for what is the same in every cloud, and whose failure MSAL does not tell apart.
      knownAuthorities: [new URL(loginUrl).host],
      authorityMetadata: JSON.stringify({
        issuer: `${authority}/v2.0`,
        authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
        token_endpoint: `${authority}/oauth2/v2.0/token`,
        jwks_uri: `${authority}/discovery/v2.0/keys`,
      }),
    },
    system: { networkClient: network },
  });
  if (cache !== null) app.getTokenCache().deserialize(cache);
  return app;
}

/** Tells secrets of an app apart. To be sealed like them: a secret that is easily guessed could be found by it. */
export function secretDigest({ clientSecret = '', clientCertificate = '' }: Secrets): string {
  return createHash('sha256')
    .update(JSON.stringify([clientSecret, clientCertificate]))
    .digest('base64');
}

function proofOf({ clientSecret, clientCertificate: pem }: Secrets) {
  if (pem === undefined) return { clientSecret: clientSecret ?? '' };
  const x5c = pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'));
  return {
    clientCertificate: {
      thumbprintSha256: new X509Certificate(x5c).fingerprint256.replaceAll(':', ''),
      privateKey: createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString(),
      x5c,
    },
  };
}
