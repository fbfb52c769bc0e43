// An issuer of access tokens for tests: its keys over HTTP on loopback, and tokens true or false in any way.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export const audience = 'api://malote';

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/** Publishes the keys at `/keys` and the discovery document that OpenID Connect asks for. */
export async function startIssuer() {
  const keys = await generateKeyPair('RS256', { extractable: true });
  const published = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const served = { keys: [published] };
  const state = { requests: 0, failing: false };
  const server = createServer((request, response) => {
    state.requests += 1;
    if (state.failing) {
      response.writeHead(503).end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    const discovery = { issuer: url, jwks_uri: `${url}/keys` };
    response.end(JSON.stringify(request.url === '/keys' ? served : discovery));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    jwksUri: `${url}/keys`,
    state,
    /** A token that is right but for `claims`; `expiresAt` in seconds since 1970. */
    token(claims: JWTPayload & { roles?: unknown }, options: TokenOptions = {}): Promise<string> {
      const now = Math.floor(Date.now() / 1000);
      const { key = keys.privateKey, kid = 'k1', alg = 'RS256', expiresAt = now + 600 } = options;
      const person = {
        oid: 'oid-of-ana',
        sub: 'sub-of-ana',
        name: 'Ana',
        preferred_username: 'ana@contoso.example',
      };
      const app = { azp: 'client', azpacr: '1', scp: 'access_as_user', ver: '2.0' };
      const all = { iss: url, aud: audience, iat: now, nbf: now, ...person, ...app, ...claims };
      return new SignJWT({ ...all, ...(expiresAt !== null && { exp: expiresAt }) })
        .setProtectedHeader({ alg, kid })
        .sign(key);
    },
    async close(): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

type TokenOptions = {
  key?: CryptoKey | Uint8Array;
  kid?: string;
  alg?: string;
  expiresAt?: number | null;
};
