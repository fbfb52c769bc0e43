// Federated credentials: an app is proven by the token of another issuer, which its registration trusts (RFC 7523 3).
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createLocalJWKSet, decodeJwt, errors, type JWK, type JWTPayload, jwtVerify } from 'jose';
import type { Apps, FederatedCredential } from './apps.ts';
import type { Refusal } from './refusal.ts';
import { refusals } from './refusals.ts';

type Keys = { apps: Apps; issuer: string; publicKey: JWK };

/**
 * Looks at the assertion of a token request before oidc-provider does, which knows those alone that an app signed itself. One that is good
 * becomes the secret that the app has for this purpose.
 * @returns why it is refused; undefined when the request may go on
 */
export async function takeAssertion(request: IncomingMessage, keys: Keys): Promise<Refusal | undefined> {
  const form = new URLSearchParams((await buffer(request)).toString());
  const refused = await exchange(form, keys);
  giveBack(request, form.toString());
  return refused;
}

async function exchange(form: URLSearchParams, { apps, ...keys }: Keys): Promise<Refusal | undefined> {
  const clientId = form.get('client_id') ?? '';
  const assertion = form.get('client_assertion');
  const app = apps.find(clientId);
  const claims = assertion === null ? undefined : claimsOf(assertion);
  // One that the app signed itself, with the key of its certificate, names the app as its issuer.
  if (!app || assertion === null || claims?.iss === undefined || claims.iss === clientId) return undefined;
  if (!app.federated) return refusals.notFederated(clientId);
  const refused = mismatch(claims, app.federated) ?? (await badSignature(assertion, keys));
  if (refused) return refused;
  form.delete('client_assertion');
  form.delete('client_assertion_type');
  form.set('client_secret', app.secret?.value ?? '');
  return undefined;
}

function mismatch(
  { iss = '', sub = '', aud }: JWTPayload,
  trusted: FederatedCredential,
): Refusal | undefined {
  if (iss !== trusted.issuer) return refusals.unmatchedAssertion(700211, 'issuer', iss);
  if (sub !== trusted.subject) return refusals.unmatchedAssertion(700213, 'subject', sub);
  const audiences = [aud ?? []].flat();
  if (!audiences.includes(trusted.audience))
    return refusals.unmatchedAssertion(700212, 'audience', audiences.join());
  return undefined;
}

async function badSignature(
  assertion: string,
  { issuer, publicKey }: Omit<Keys, 'apps'>,
): Promise<Refusal | undefined> {
  try {
    await jwtVerify(assertion, createLocalJWKSet({ keys: [publicKey] }), { issuer });
    return undefined;
  } catch (error) {
    return error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed
      ? refusals.assertionOver()
      : refusals.badSignature();
  }
}

function claimsOf(assertion: string): JWTPayload | undefined {
  try {
    return decodeJwt(assertion);
  } catch {
    return undefined;
  }
}

/** The request as if nobody had read it. */
function giveBack(request: IncomingMessage, body: string): void {
  const bytes = Buffer.from(body);
  request.headers['content-length'] = String(bytes.length);
  Object.defineProperty(request, 'readable', { value: true });
  request.iterator = options => Readable.from([bytes]).iterator(options);
}
