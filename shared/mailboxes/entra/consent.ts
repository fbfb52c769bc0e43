// How a person's consent is asked for and taken up: the authorization-code flow with PKCE (RFC 6749 4.1, RFC 7636).
import { createHash } from 'node:crypto';
import { openApp, proofDigest } from './app.ts';
import { isCodeRefused, noToken, toTokenError } from './errors.ts';
import type { TokenLogin } from './login.ts';
import { cacheOnly, network } from './network.ts';

/** What ties an answer to the request: of these, Entra ID and the browser see the state, the nonce and a digest. */
export type AuthorizationRequest = {
  state: string;
  nonce: string;
  /** RFC 7636 4.1. */
  verifier: string;
  redirectUri: string;
};

/** The address where a person signs in and consents. No request is made. */
export async function authorizeUrl(login: TokenLogin, request: AuthorizationRequest): Promise<string> {
  const { state, nonce, verifier, redirectUri } = request;
  return openApp(login, cacheOnly, null).getAuthCodeUrl({
    scopes: login.scopes,
    redirectUri,
    state,
    nonce,
    codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
    codeChallengeMethod: 'S256',
    // Whoever is signed in to the browser is not always who may read the mailbox, and a shared mailbox signs in nobody:
    // so no `loginHint`, which Entra ID refuses beside this prompt (AADSTS900051).
    prompt: 'select_account',
  });
}

/** What a consent brought, and what of it is to be kept: `cache` holds the refresh token. */
export type Consent = { account: string; accessToken: string; tokens: { cache: string; provenBy: string } };

/**
 * Redeems the code that Entra ID sent the person back with.
 * @returns undefined when the code is no good
 * @throws MaloteError `consent_required` when more is to be consented to, `app_refused`, `login_unavailable`
 */
export async function redeemCode(
  login: TokenLogin,
  request: AuthorizationRequest,
  code: string,
  clock: () => Date,
): Promise<Consent | undefined> {
  const { nonce, verifier, redirectUri } = request;
  try {
    const app = openApp(login, network(clock), null);
    const { accessToken, account } = await app.acquireTokenByCode({
      code,
      scopes: login.scopes,
      redirectUri,
      codeVerifier: verifier,
      nonce,
    });
    if (!accessToken || !account) throw noToken();
    const tokens = { cache: app.getTokenCache().serialize(), provenBy: proofDigest(login) };
    return { account: account.username, accessToken, tokens };
  } catch (error) {
    if (isCodeRefused(error)) return undefined;
    throw toTokenError(error, login.flow);
  }
}
