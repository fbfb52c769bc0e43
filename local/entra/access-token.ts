// What an access token of Entra ID (v2.0) says about an app that asked for itself.
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
import { type Client, type Role, tenantId } from './clients.ts';

/** Claims besides `iss`, `aud`, `iat` and `exp`. An app acts as its service principal, whose id is both `oid` and `sub`. */
export function entraClaims(role: Role, { clientId }: Client) {
  const oid = clientId.replace('10ca1000-0000', '10ca1000-0001');
  return {
    ver: '2.0',
    tid: tenantId,
    oid,
    sub: oid,
    azp: clientId,
    azpacr: '1',
    name: `Local ${role}`,
    roles: [role],
  };
}
