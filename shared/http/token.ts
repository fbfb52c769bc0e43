// Who calls: the bearer token of a request, checked in full, and the role that it must carry.
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Config } from '../config.ts';
import { MaloteError } from '../errors.ts';

/** App roles of the API's registration in Entra ID. */
export const roles = ['Admin', 'Supervisor', 'Platform'] as const;
export type Role = (typeof roles)[number];

/** The caller, from a token that was checked. */
export type Identity = { oid: string; name: string; roles: Role[] };

/** Checks the header `authorization`. @throws MaloteError `unauthenticated`, `dependency_unavailable` */
export type VerifyToken = (authorization: string | null) => Promise<Identity>;

type Entra = Config['entra'];

/** Clocks differ; a minute is less than the tokens' five to ten minutes of slack in Entra ID. */
const clockToleranceSeconds = 60;
const discoveryTimeoutMs = 5_000;

/**
 * A check of access tokens: signature (keys of the issuer, cached), issuer, audience, expiry. Only asymmetric algorithms:
 * with others the published key could be used to sign.
 */
export function createTokenVerifier(entra: Entra): VerifyToken {
  const keys = publishedKeys(entra);
  return async authorization => {
    const [, token] = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) {
      throw new MaloteError('unauthenticated', 'The request needs the header Authorization: Bearer {token}.');
    }
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: entra.issuer,
        audience: entra.audience,
        algorithms: ['RS256', 'PS256', 'ES256'],
        clockTolerance: clockToleranceSeconds,
        requiredClaims: ['exp'],
      });
      const fault = accessTokenFault(payload);
      if (fault)
        throw new MaloteError('unauthenticated', `The token is refused: ${fault}.`, { cause: payload.aud });
      return identityOf(payload);
    } catch (error) {
      if (error instanceof MaloteError) throw error;
      throw new MaloteError('unauthenticated', `The token is refused: ${refusalOf(error)}.`, {
        cause: error,
      });
    }
  };
}

/** Of ID tokens alone: what the sign-in was begun with, and digests of what was issued beside it. */
const ofIdTokens = ['nonce', 'at_hash', 'c_hash'];
/** Of people alone; an app's own token has none of them. */
const ofPeople = ['preferred_username', 'upn', 'unique_name', 'email'];

/**
 * Why a token is no access token. An ID token of the same app is signed with the same key, may be made out to the same
 * audience (the client id) and carries the person's app roles; it tells an app who signed in, and lets nobody in here.
 * An access token names the app that asked for it (`azp`, in v1.0 `appid`), and for a person what they let it do (`scp`).
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 * https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
 */
function accessTokenFault(claims: JWTPayload): string | undefined {
  const isNamed = [claims.azp, claims.appid].some(app => typeof app === 'string' && app !== '');
  const hasScope = typeof claims.scp === 'string' && claims.scp.trim() !== '';
  const isPersons = claims.idtyp === 'user' || ofPeople.some(claim => claims[claim] !== undefined);
  const isForApp = ofIdTokens.some(claim => claims[claim] !== undefined);
  if (isNamed && !isForApp && (hasScope || !isPersons)) return undefined;
  return 'it is no access token, but such as an ID token; ask for one with a scope of this API';
}

/**
 * The role of the caller that allows the request.
 * @throws MaloteError `forbidden` naming the roles that would
 */
export function requireRole(identity: Identity, allowed: readonly Role[]): Role {
  const role = allowed.find(name => identity.roles.includes(name));
  if (role !== undefined) return role;
  const has = identity.roles.length === 0 ? 'none' : identity.roles.join(', ');
  throw new MaloteError(
    'forbidden',
    `This needs the role ${allowed.join(' or ')}; the token has ${has}. Ask for the app role to be assigned.`,
  );
}

/** Members of the token, as Entra ID names them; an app's own token has no name, but its client id. */
function identityOf({ oid, sub, name, azp, appid, roles: granted }: JWTPayload): Identity {
  const text = (...claims: unknown[]) => claims.find(claim => typeof claim === 'string' && claim !== '');
  const list: unknown[] = Array.isArray(granted) ? granted : [];
  return {
    oid: String(text(oid, sub) ?? 'unknown'),
    name: String(text(name, azp, appid) ?? ''),
    roles: roles.filter(role => list.includes(role)),
  };
}

/** The keys of the issuer. That they cannot be had is our failure, not the caller's. */
function publishedKeys({ issuer, jwksUri }: Entra): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | undefined;
  const find = async () => createRemoteJWKSet(new URL(jwksUri ?? (await discoverJwksUri(issuer))));
  const keySet = async () => {
    found ??= find();
    try {
      return await found;
    } catch (error) {
      found = undefined;
      throw error;
    }
  };
  return async (header, token) => {
    try {
      const keys = await keySet();
      return await keys(header, token);
    } catch (error) {
      if (isAboutToken(error)) throw error;
      throw new MaloteError(
        'dependency_unavailable',
        'The keys of the token issuer cannot be fetched; try again.',
        { cause: error },
      );
    }
  };
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** OpenID Connect Discovery 1.0 section 4: the document of the issuer says where its keys are. */
async function discoverJwksUri(issuer: string): Promise<string> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(discoveryTimeoutMs),
  });
  if (!response.ok) throw new Error(`The issuer's discovery document: status ${response.status}`);
  const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (document.issuer !== issuer || typeof document.jwks_uri !== 'string') {
    throw new Error("The issuer's discovery document names another issuer, or no keys");
  }
  return document.jwks_uri;
}

function refusalOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss' && error.payload.ver === '1.0') return ofVersion1;
    return claimRefusals[error.claim] ?? `its claim "${error.claim}" is not as it must be`;
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is not valid';
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'it is signed with a key that its issuer does not publish';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its signature algorithm is not allowed';
  return 'it cannot be read';
}

/** Another issuer and another audience than of version 2.0: https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats */
const ofVersion1 =
  'it is of version 1.0; set api.requestedAccessTokenVersion of the registration of this API to 2, and ask for a new one';

const claimRefusals: Record<string, string> = {
  iss: 'it is from another issuer',
  aud: 'it is made out to another audience',
  nbf: 'it is not valid yet',
  exp: 'it has no expiry',
};
