// Microsoft's own client as the tests of the local issuer use it: as an app, and for a person who consents.
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import {
  type AccountInfo,
  AuthError,
  type AuthorizationUrlRequest,
  ConfidentialClientApplication,
} from '@azure/msal-node';
import type { Entra } from '../../local/entra/issuer.ts';
import { consent } from '../support/consent.ts';

export const graphScope = 'https://graph.microsoft.com/Mail.ReadWrite';
export const imapScope = 'https://outlook.office365.com/IMAP.AccessAsUser.All';
export const redirectUri = 'http://localhost:7071/api/oauth/callback';

type Credential = { clientSecret: string } | { certificatePem: string; thumbprint?: string };

/** MSAL set up for an app of the local tenant, as it would be for one of Entra's. */
export function msal(
  { loginUrl, tenantId }: Pick<Entra, 'loginUrl' | 'tenantId'>,
  { clientId, ...credential }: { clientId: string } & Credential,
): ConfidentialClientApplication {
  return new ConfidentialClientApplication({
    auth: {
      clientId,
      authority: `${loginUrl}/${tenantId}`,
      knownAuthorities: [new URL(loginUrl).host],
      ...('clientSecret' in credential ? credential : { clientCertificate: certificateOf(credential) }),
    },
  });
}

function certificateOf({ certificatePem, thumbprint }: { certificatePem: string; thumbprint?: string }) {
  const { fingerprint256 } = new X509Certificate(certificatePem);
  return { privateKey: certificatePem, thumbprintSha256: thumbprint ?? fingerprint256.replaceAll(':', '') };
}

/** PKCE (RFC 7636). */
function verifier() {
  const codeVerifier = randomBytes(32).toString('base64url');
  const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
  return { codeVerifier, codeChallenge, codeChallengeMethod: 'S256' };
}

type Request = Partial<AuthorizationUrlRequest> & { answer?: 'accept' | 'cancel' };

/** A person answers the request, and the code is in hand: `redeem` takes it to the token endpoint. */
export async function authorize(
  app: ConfidentialClientApplication,
  address: string,
  { answer, ...changes }: Request = {},
) {
  const { codeVerifier, ...challenge } = verifier();
  const asked = { scopes: [imapScope], redirectUri, nonce: 'nonce', state: 'state', ...changes };
  const callback = await consent(await app.getAuthCodeUrl({ ...asked, ...challenge }), address, answer);
  const code = callback.searchParams.get('code') ?? '';
  const request = { code, codeVerifier, redirectUri, scopes: asked.scopes, nonce: asked.nonce };
  return { callback, redeem: (changed = {}) => app.acquireTokenByCode({ ...request, ...changed }) };
}

/** A person who consented: their account, and the client that has their refresh token. */
export async function connect(entra: Entra, address: string, scopes = [imapScope]) {
  const app = msal(entra, entra.mailApps.secret);
  const { redeem } = await authorize(app, address, { scopes });
  const { account } = await redeem();
  return { app, account: account as AccountInfo };
}

/** What of MSAL's error tells refusals apart. */
export async function refusal(work: Promise<unknown>) {
  const error = await work.then(
    () => new Error('It was not refused'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof AuthError)) throw error;
  const { name, errorCode, subError, errorNo } = error as AuthError & { errorNo?: number };
  return [name, errorCode, subError, errorNo] as const;
}
