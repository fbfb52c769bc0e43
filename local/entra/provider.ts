// The OpenID provider as Entra ID would be for one API: client credentials, and tokens of Entra's shape.
import type { JWK } from 'jose';
import Provider, { type Adapter, type Configuration, errors } from 'oidc-provider';
import { entraClaims } from './access-token.ts';
import { apiScope, audience, clients, roleOf, roles } from './clients.ts';

const tokenLifetimeSeconds = 3_600;

export function createProvider(issuer: string, signingKey: JWK): Provider {
  return new Provider(issuer, configuration(signingKey));
}

function configuration(signingKey: JWK): Configuration {
  return {
    adapter: () => nothingStored,
    jwks: { keys: [signingKey] as NonNullable<Configuration['jwks']>['keys'] },
    clients: roles.map(role => ({
      client_id: clients[role].clientId,
      client_secret: clients[role].clientSecret,
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'client_secret_post',
      redirect_uris: [],
      response_types: [],
    })),
    ttl: { ClientCredentials: tokenLifetimeSeconds },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        // Entra names the API by the scope, `{audience}/.default`, not by RFC 8707's `resource`.
        defaultResource({ oidc }) {
          const scope = String(oidc.params?.scope ?? '');
          if (scope !== apiScope) throw new errors.InvalidScope(`the only scope is ${apiScope}`, scope);
          return audience;
        },
        getResourceServerInfo: () => ({
          audience,
          scope: apiScope,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    formats: { customizers: { jwt: (_context, _token, jwt) => shapeAsEntra(jwt) } },
  };
}

/** oidc-provider makes RFC 9068 tokens (`at+jwt`, `client_id`, `scope`); Entra's are older. */
function shapeAsEntra(jwt: {
  header?: object | undefined;
  payload: { client_id?: unknown; iat?: unknown };
}): void {
  const clientId = String(jwt.payload.client_id);
  const role = roleOf(clientId);
  if (!role) throw new Error(`No role is assigned to ${clientId}`);
  jwt.header = { ...jwt.header, typ: 'JWT' };
  const entra = { ...entraClaims(role, clients[role]), nbf: jwt.payload.iat };
  Object.assign(jwt.payload, entra, { client_id: undefined, scope: undefined, jti: undefined });
}

/** These tokens carry all there is to know: nothing needs to be remembered. */
const nothingStored: Adapter = {
  upsert: async () => {},
  find: async () => {},
  findByUserCode: async () => {},
  findByUid: async () => {},
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
};
