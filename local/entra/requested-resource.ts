// Which API a request is about: Entra names it by the scope, not by RFC 8707's `resource`.
import type { KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import { refusals } from './refusals.ts';
import { findResource, readScopes, resourcesOf } from './resources.ts';

/** The resources that the request's scopes name; one of `oneOf` when it is time for a token. */
export function resourceOfRequest(
  { oidc }: KoaContextWithOIDC,
  clientId: string,
  oneOf?: readonly string[],
): string | string[] {
  const scope = String(oidc.params?.scope ?? oidc.body?.scope ?? '');
  const asApp = oidc.params?.grant_type === 'client_credentials';
  const scopes = readScopes(scope);
  for (const { resource, permission } of scopes) {
    const known = findResource(resource);
    if (!known) throw refusals.unknownResource(resource);
    if (asApp) {
      if (permission !== '.default' || scopes.length > 1) throw refusals.notDefaultScope(scope);
    } else if (!known.delegated.includes(permission)) {
      throw refusals.unknownPermission(clientId, permission, resource);
    }
  }
  const resources = resourcesOf(scopes);
  return oneOf ? (resources.find(resource => oneOf.includes(resource)) ?? []) : resources;
}

/** What oidc-provider has to know of it to make a token. */
export function describeResource(identifier: string): ResourceServer {
  const permissions = ['.default', ...(findResource(identifier)?.delegated ?? [])];
  return {
    audience: identifier,
    scope: permissions.map(permission => `${identifier}/${permission}`).join(' '),
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  };
}
