// What an access token of Entra ID (v2.0) says besides `iss`, `aud`, `iat` and `exp`.
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
import { tenantId } from './clients.ts';
import type { Person } from './people.ts';

type Requester = { clientId: string; name: string; certificates?: unknown; federated?: unknown };

/** Of an app that asked for itself. It acts as its service principal, whose id is both `oid` and `sub`. */
export function appClaims(app: Requester, roles: string[]) {
  const oid = app.clientId.replace('10ca1000-0000', '10ca1000-0001');
  return {
    ...requesterClaims(app),
    oid,
    sub: oid,
    name: app.name,
    ...(roles.length > 0 && { roles }),
  };
}

/** Of an app that acts for a person, within the permissions in `scp`. */
export function personClaims(app: Requester, { oid, address, name }: Person, scp: string) {
  return { ...requesterClaims(app), oid, sub: oid, name, preferred_username: address, upn: address, scp };
}

/** `azpacr`: "1" for a client secret, "2" for an assertion, whoever signed it. */
function requesterClaims({ clientId, certificates, federated }: Requester) {
  return { ver: '2.0', tid: tenantId, azp: clientId, azpacr: (certificates ?? federated) ? '2' : '1' };
}
