// The OpenID provider as Entra ID would be for one tenant: its grants, and tokens of Entra's shape.

import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { JWK } from 'jose';
import Provider, {
  type AccessToken,
  type ClientCredentials,
  type Configuration,
  errors,
  interactionPolicy,
} from 'oidc-provider';
import { appClaims, personClaims } from './access-token.ts';
import { createAdapter } from './adapter.ts';
import type { Apps } from './apps.ts';
import { authorizeAsEntra, renderError } from './authorize-endpoint.ts';
import { tenantId } from './clients.ts';
import type { IssuedTokens } from './issued-tokens.ts';
import type { Records } from './records.ts';
import { describeResource, resourceOfRequest } from './requested-resource.ts';
import { openIdScopes, readScopes } from './resources.ts';
import { answerAsEntra, type TokenRequest } from './token-endpoint.ts';
import { announcedSeconds, type TokenSettings } from './token-settings.ts';

export type Parts = {
  issuer: string;
  signingKey: JWK;
  apps: Apps;
  records: Records;
  settings: TokenSettings;
  issued: IssuedTokens;
  seen: (request: TokenRequest) => void;
};

/** Below `/{tenantId}`, where Entra has them. */
export const routes = {
  authorization: '/oauth2/v2.0/authorize',
  token: '/oauth2/v2.0/token',
  jwks: '/discovery/v2.0/keys',
};

const daySeconds = 86_400;

export function createProvider(parts: Parts): Provider {
  const provider = new Provider(parts.issuer, configuration(parts));
  // Without a listener every request that was cut off would be written on the terminal.
  const events: EventEmitter = provider;
  events.on('error', (error: Error, { req }: { req: IncomingMessage }) => {
    if (!req.destroyed && req.complete) console.error(error);
  });
  authorizeAsEntra(provider);
  answerAsEntra(provider, parts.apps, parts.seen);
  return provider;
}

function configuration(parts: Parts): Configuration {
  const { signingKey, apps, records, settings } = parts;
  return {
    adapter: createAdapter(apps, records, settings),
    jwks: { keys: [signingKey] as NonNullable<Configuration['jwks']>['keys'] },
    cookies: { keys: [randomUUID()] },
    routes,
    scopes: openIdScopes,
    claims: {
      openid: ['sub'],
      email: ['email'],
      profile: ['oid', 'tid', 'ver', 'name', 'preferred_username'],
    },
    ttl: {
      AccessToken: () => announcedSeconds(settings),
      ClientCredentials: () => announcedSeconds(settings),
      AuthorizationCode: 600,
      IdToken: 3_600,
      Interaction: 3_600,
      Session: 3_600,
      RefreshToken: 90 * daySeconds,
      // A consent has no end.
      Grant: 3_650 * daySeconds,
    },
    pkce: { required: () => false },
    expiresWithSession: () => false,
    issueRefreshToken: ({ oidc }, client) =>
      client.grantTypeAllowed('refresh_token') &&
      String(oidc.body?.scope).split(' ').includes('offline_access'),
    rotateRefreshToken: true,
    revokeGrantPolicy: () => settings.strictRotation,
    assertJwtClientAuthClaimsAndHeader: (_context, _claims, header, client) => {
      const isNamed = apps
        .get(client.clientId)
        .certificates?.some(
          ({ thumbprints: { x5t, 'x5t#S256': x5tS256 } }) =>
            header.x5t === x5t || header['x5t#S256'] === x5tS256,
        );
      if (!isNamed) throw new errors.InvalidClientAuth('The key was not found.');
    },
    findAccount: (_context, oid) => {
      const person = records.findPerson(oid);
      if (!person) return undefined;
      const { name, address } = person;
      const claims = {
        sub: oid,
        oid,
        tid: tenantId,
        ver: '2.0',
        name,
        preferred_username: address,
        email: address,
      };
      return { accountId: oid, claims: () => claims };
    },
    interactions: {
      url: (_context, { uid }) => `/${tenantId}/login/${uid}`,
      policy: [askEveryTime()],
    },
    renderError,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        // Entra names the resource by the scope, not by RFC 8707's `resource`.
        defaultResource: (context, client, oneOf) => resourceOfRequest(context, client.clientId, oneOf),
        getResourceServerInfo: (_context, identifier) => describeResource(identifier),
      },
    },
    formats: { customizers: { jwt: (_context, token, jwt) => shapeAsEntra(parts, token, jwt) } },
  };
}

/** Even somebody who consented before: the page is what a test, or a reader, wants to see. */
function askEveryTime(): interactionPolicy.Prompt {
  const signedIn = new interactionPolicy.Check('signed_in', 'Nobody signed in yet', context =>
    Boolean(!context.oidc.result?.login),
  );
  return new interactionPolicy.Prompt({ name: 'select_account', requestable: true }, signedIn);
}

/** oidc-provider makes RFC 9068 tokens (`at+jwt`, `client_id`, `scope`); Entra's are older. */
function shapeAsEntra(
  { apps, records, settings, issued }: Parts,
  token: AccessToken | ClientCredentials,
  jwt: { header?: object | undefined; payload: Record<string, unknown> },
): void {
  const app = apps.get(String(token.clientId));
  const person = token.kind === 'AccessToken' ? records.findPerson(token.accountId) : undefined;
  const resource = String(token.aud);
  const scopes = readScopes(token.scope ?? '');
  const claims = person
    ? personClaims(app, person, scopes.map(({ permission }) => permission).join(' '))
    : appClaims(app, apps.rolesFor(app.clientId, resource));
  const issuedAt = Number(jwt.payload.iat);
  const times = { nbf: issuedAt, exp: issuedAt + settings.accessTokenLifetimeSeconds };
  jwt.header = { ...jwt.header, typ: 'JWT' };
  Object.assign(jwt.payload, claims, times, {
    uti: issued.next(),
    client_id: undefined,
    scope: undefined,
    jti: undefined,
  });
}
