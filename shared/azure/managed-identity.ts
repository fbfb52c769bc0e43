// The app's managed identity, in the place of keys: its library is loaded when the first token is wanted.
import type { ManagedIdentityCredential, TokenCredential } from '@azure/identity';
import type { Config } from '../config.ts';
import { MaloteError } from '../errors.ts';

let loading: Promise<TokenCredential> | undefined;

/** The credential of this app for every service of Azure; which identity it is, AZURE_CLIENT_ID says. */
export const managedIdentity: TokenCredential = {
  async getToken(scopes, options) {
    loading ??= import('@azure/identity').then(({ DefaultAzureCredential }) => new DefaultAzureCredential());
    return (await loading).getToken(scopes, options);
  },
};

/** The endpoint is on the machine itself; the library tries it three times. */
const DEADLINE_MS = 5_000;

/** By the host of Entra ID. https://learn.microsoft.com/graph/api/resources/federatedidentitycredential */
const exchangeAudiences: Record<string, string> = {
  'login.microsoftonline.us': 'api://AzureADTokenExchangeUSGov',
  'login.partner.microsoftonline.cn': 'api://AzureADTokenExchangeChina',
};

const identities = new Map<string | undefined, Promise<ManagedIdentityCredential>>();

/**
 * A token of the app's managed identity that proves an app registration which trusts it (a federated credential); the library keeps it
 * while it is good.
 * @throws MaloteError `app_refused` where there is no identity, or not this one; `login_unavailable` when its endpoint does not answer
 */
export async function identityAssertion({
  managedIdentity,
  microsoft,
}: Pick<Config, 'managedIdentity' | 'microsoft'>): Promise<string> {
  if (!managedIdentity) throw noIdentity('This app has no managed identity.');
  const { clientId } = managedIdentity;
  const identity = identities.get(clientId) ?? openIdentity(clientId);
  identities.set(clientId, identity);
  const audience = exchangeAudiences[new URL(microsoft.loginUrl).host] ?? 'api://AzureADTokenExchange';
  const late = AbortSignal.timeout(DEADLINE_MS);
  const isLate = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(late.reason));
  });
  try {
    const { token } = await Promise.race([
      identity.then(credential => credential.getToken(`${audience}/.default`)),
      isLate,
    ]);
    return token;
  } catch (cause) {
    if (isRefusal(cause))
      throw noIdentity('The managed identity that AZURE_CLIENT_ID names is not there.', cause);
    const message = 'The endpoint of the managed identity does not answer.';
    throw new MaloteError('login_unavailable', message, { cause, cure: 'Nothing to do: it is tried again.' });
  }
}

async function openIdentity(clientId: string | undefined): Promise<ManagedIdentityCredential> {
  const { ManagedIdentityCredential } = await import('@azure/identity');
  return clientId === undefined
    ? new ManagedIdentityCredential()
    : new ManagedIdentityCredential({ clientId });
}

/** Whether the endpoint answered, and gave no token: status 400 where the identity is not one of this app. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { status } = error as { status?: unknown };
  return (typeof status === 'number' && status >= 400 && status < 429) || isRefusal(error.cause);
}

function noIdentity(message: string, cause?: unknown): MaloteError {
  return new MaloteError('app_refused', message, {
    ...(cause === undefined ? {} : { cause }),
    cure: 'Assign the identity to the app and name it in AZURE_CLIENT_ID, or set mailbox.auth.clientAssertion to null and give mailbox.auth.clientSecret.',
  });
}
