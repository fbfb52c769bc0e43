// The APIs that tokens are for: how a scope names one, and which permissions each of them has.
import { audience, roles } from './clients.ts';

/** `delegated` permissions are what people consent to, `application` ones what an app has of its own. */
type Resource = { delegated: readonly string[]; application: readonly string[] };

const api: Resource = { delegated: [], application: roles };
const graph: Resource = {
  delegated: ['Mail.Read', 'Mail.ReadWrite', 'Mail.ReadWrite.Shared', 'Mail.Send', 'Mail.Send.Shared'],
  application: ['Mail.Read', 'Mail.ReadWrite', 'Mail.Send'],
};
const exchange: Resource = {
  delegated: ['IMAP.AccessAsUser.All', 'POP.AccessAsUser.All', 'SMTP.Send'],
  application: ['IMAP.AccessAsApp', 'POP.AccessAsApp', 'SMTP.SendAsApp'],
};

/** Graph is also what listens on a loopback port: its stand-in, whatever the port of the day. */
export function findResource(identifier: string): Resource | undefined {
  if (identifier === audience) return api;
  if (identifier === 'https://graph.microsoft.com' || /^https:\/\/127\.0\.0\.1:\d+$/.test(identifier))
    return graph;
  if (['https://outlook.office365.com', 'https://outlook.office.com'].includes(identifier)) return exchange;
  return undefined;
}

/** Scopes that concern the sign-in and no API (OpenID Connect Core 5.4 and 11). */
export const openIdScopes = ['openid', 'profile', 'email', 'offline_access'];

/** A scope is the resource's identifier, `/`, and a permission: `https://outlook.office365.com/IMAP.AccessAsUser.All`. */
export type Scope = { resource: string; permission: string };

/** The scopes of a request that concern an API. */
export function readScopes(text: string): Scope[] {
  return text
    .split(' ')
    .filter(scope => scope !== '' && !openIdScopes.includes(scope))
    .map(scope => {
      const end = scope.lastIndexOf('/');
      return { resource: scope.slice(0, Math.max(end, 0)), permission: scope.slice(end + 1) };
    });
}

export function resourcesOf(scopes: Scope[]): string[] {
  return [...new Set(scopes.map(({ resource }) => resource))];
}
