// What oidc-provider found wrong with a token request, told as Entra tells it.
import { errors } from 'oidc-provider';
import { Refusal } from './refusal.ts';
import { refusals } from './refusals.ts';

type Requester = { clientId: string; name: string; usedAssertion: boolean };

/** oidc-provider keeps the reason of most refusals to itself, in `error_detail`. */
const byDetail: Record<string, (requester: Requester) => Refusal> = {
  'client not found': ({ clientId }) => refusals.unknownApp(clientId),
  'invalid secret provided': ({ clientId }) => refusals.wrongSecret(clientId),
  'the provided authentication mechanism does not match the registered client authentication method':
    refuseCredential,
  'refresh token not found': refusals.unknownGrant,
  'refresh token is expired': refusals.expiredToken,
  'refresh token already used': refusals.revoked,
  'grant not found': refusals.revoked,
  'authorization code not found': refusals.unknownGrant,
  'authorization code is expired': refusals.expiredCode,
  'authorization code already consumed': refusals.redeemedCode,
  'authorization code redirect_uri mismatch': refusals.otherRedirect,
  'code_verifier must be provided': refusals.wrongVerifier,
  'code_verifier does not match code_challenge': refusals.wrongVerifier,
};

export function translateError(error: errors.OIDCProviderError, requester: Requester): Refusal {
  if (error instanceof Refusal) return error;
  const known = byDetail[error.error_detail ?? ''];
  if (known) return known(requester);
  if (error instanceof errors.InvalidClient) return refusals.expiredSecret(requester.clientId);
  if (error instanceof errors.InvalidClientAuth) return refuseCredential(requester, error.error_detail);
  // A refresh token lacks the scope, or the resource, that nobody consented to.
  if (error instanceof errors.InvalidScope || error instanceof errors.InvalidTarget) {
    return refusals.noConsent(requester.clientId, requester.name);
  }
  return refusals.malformed(error.error);
}

function refuseCredential(
  { clientId, usedAssertion }: Requester,
  reason = 'The key was not found.',
): Refusal {
  return usedAssertion ? refusals.wrongAssertion(clientId, reason) : refusals.wrongSecret(clientId);
}
