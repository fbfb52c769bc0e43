// The app that reads a mailbox, as MSAL wants to know it.
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { ConfidentialClientApplication, type INetworkModule } from '@azure/msal-node';
import type { TokenLogin } from './login.ts';
import { cacheOnly } from './network.ts';

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
      ...proofOf(login, network),
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

/** Tells proofs of an app apart. To be sealed like a secret: one that is easily guessed could be found by it. */
export function proofDigest({ secrets, assertion }: TokenLogin): string {
  const { clientSecret = '', clientCertificate = '' } = secrets;
  const proof = assertion ? ['managedIdentity'] : [clientSecret, clientCertificate];
  return createHash('sha256').update(JSON.stringify(proof)).digest('base64');
}

function proofOf({ secrets, assertion }: TokenLogin, network: INetworkModule) {
  const { clientSecret, clientCertificate: pem } = secrets;
  // MSAL asks for the assertion before it looks into its cache, which needs none.
  if (assertion) return { clientAssertion: network === cacheOnly ? 'unused' : assertion };
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
