// Whether an access token opens Graph at all: signature, issuer, audience and lifetime, refused in Graph's words.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify } from 'jose';
import { GraphError } from './graph-error.ts';

/** Who a token speaks for. An app speaks for itself, a person through an app. */
export type Caller = {
  clientId: string;
  /** `roles` of an app, `scp` of a person. */
  permissions: readonly string[];
  /** The person's address; an app has none. */
  person?: string;
};

type Options = {
  issuer: string;
  jwksUri: string;
  /** What tokens may be made out to. */
  audiences: string[];
  /** The authority that signed the issuer's certificate. */
  ca: string;
  now: () => number;
};

/** Checks tokens, and can be told that some which look good are not taken any more. */
export class TokenCheck {
  readonly #options: Options;
  readonly #keys;
  #refusedBefore = 0;
  readonly #refused = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(options: Options) {
    this.#options = options;
    this.#keys = createRemoteJWKSet(new URL(options.jwksUri), {
      [customFetch]: url => fetchTrusting(options.ca, url),
    });
  }

  /** Takes the Authorization header. Throws 401 `InvalidAuthenticationToken`. */
  async verify(authorization = ''): Promise<Caller> {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw this.#unauthorized('Access token is empty.');
    const claims = await this.#verifyJwt(token);
    const name = createHash('sha256').update(token).digest('base64');
    this.#seen.add(name);
    if (this.#refused.has(name) || (claims.iat ?? 0) * 1000 < this.#refusedBefore) {
      throw this.#unauthorized(expired);
    }
    return callerOf(claims);
  }

  /** Refuses every token issued before an instant (in milliseconds; tokens tell theirs to the second). */
  revokeTokensBefore(instant: number): void {
    this.#refusedBefore = Math.floor(instant / 1000) * 1000;
  }

  /** Refuses every token that was used until now. One issued in this very second and never used is still good. */
  refuseTokens(): void {
    this.revokeTokensBefore(this.#options.now());
    for (const name of this.#seen) this.#refused.add(name);
  }

  async #verifyJwt(token: string): Promise<JWTPayload> {
    const { issuer, audiences, now } = this.#options;
    try {
      const expected = { issuer, audience: audiences, algorithms: ['RS256'], requiredClaims: ['exp'] };
      return (await jwtVerify(token, this.#keys, { ...expected, currentDate: new Date(now()) })).payload;
    } catch (error) {
      const why = refusalOf(error);
      throw why === undefined ? error : this.#unauthorized(why);
    }
  }

  #unauthorized(message: string): GraphError {
    const { origin } = new URL(this.#options.issuer);
    // 00000003-... is Graph itself, as an application of the tenant.
    const challenge = `Bearer realm="", authorization_uri="${origin}/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"`;
    return new GraphError(401, 'InvalidAuthenticationToken', message, { 'www-authenticate': challenge });
  }
}

const expired = 'Lifetime validation failed, the token is expired.';

/** Undefined when the token was not what failed. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return expired;
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'Access token validation failure. Invalid audience.';
    if (error.claim === 'iss') return 'Access token validation failure. Invalid issuer.';
    if (error.claim === 'nbf') return 'Lifetime validation failed, the token is not yet valid.';
    return 'Access token validation failure.';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return 'Access token validation failure. Invalid signature.';
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) {
    return 'CompactToken parsing failed with error code: 80049217';
  }
  return error instanceof errors.JOSEAlgNotAllowed ? 'Access token validation failure.' : undefined;
}

function callerOf({ azp, roles, scp, upn }: JWTPayload): Caller {
  const clientId = String(azp);
  if (typeof upn !== 'string') return { clientId, permissions: Array.isArray(roles) ? roles : [] };
  return { clientId, permissions: String(scp ?? '').split(' '), person: upn.toLowerCase() };
}

async function fetchTrusting(ca: string, url: string): Promise<Response> {
  const [response] = (await once(get(url, { ca, agent: false }), 'response')) as [IncomingMessage];
  return new Response(await text(response), { status: response.statusCode ?? 500 });
}
