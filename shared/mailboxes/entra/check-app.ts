// Whether Entra ID takes the app's secret or certificate, asked before a person is sent to sign in.
import { openApp } from './app.ts';
import { isProofRefused, toTokenError } from './errors.ts';
import type { TokenLogin } from './login.ts';
import { EntraUnavailable, network } from './network.ts';

/**
 * Asks for a token of the app's own (client credentials), which needs no permission: without one it opens nothing. It is
 * thrown away. A code that was made up would do for that too, but may be refused before the secret is looked at.
 * @throws MaloteError `app_refused` when Entra ID does not know the app or its proof, `login_unavailable`
 */
export async function checkApp(login: TokenLogin, clock: () => Date): Promise<void> {
  const [scope = ''] = login.scopes;
  const scopes = [`${scope.slice(0, scope.lastIndexOf('/'))}/.default`];
  try {
    await openApp(login, network(clock), null).acquireTokenByClientCredential({ scopes, skipCache: true });
  } catch (error) {
    // An app may lack what only its own tokens need, such as being installed in the tenant before anybody consented.
    if (isProofRefused(error) || error instanceof EntraUnavailable) throw toTokenError(error, login.flow);
  }
}
