// The app's managed identity, in the place of keys: its library is loaded when the first token is wanted.
import type { TokenCredential } from '@azure/identity';

let loading: Promise<TokenCredential> | undefined;

/** The credential of this app for every service of Azure; which identity it is, AZURE_CLIENT_ID says. */
export const managedIdentity: TokenCredential = {
  async getToken(scopes, options) {
    loading ??= import('@azure/identity').then(({ DefaultAzureCredential }) => new DefaultAzureCredential());
    return (await loading).getToken(scopes, options);
  },
};
