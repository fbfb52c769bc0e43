// The refusals of Entra ID that its users meet, in its own words.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
import { tenantId } from './clients.ts';
import { Refusal } from './refusal.ts';

export const refusals = {
  unknownTenant: (tenant: string, error: 'invalid_tenant' | 'invalid_request') =>
    new Refusal({
      error,
      code: 90002,
      text: `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    }),
  unknownApp: (clientId: string) =>
    new Refusal({
      error: 'unauthorized_client',
      code: 700016,
      text: `Application with identifier '${clientId}' was not found in the directory '${tenantId}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`,
    }),
  wrongSecret: (clientId: string) =>
    new Refusal({
      status: 401,
      error: 'invalid_client',
      code: 7000215,
      text: `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`,
    }),
  expiredSecret: (clientId: string) =>
    new Refusal({
      status: 401,
      error: 'invalid_client',
      code: 7000222,
      text: `The provided client secret keys for app '${clientId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
    }),
  noCredential: () =>
    new Refusal({
      status: 401,
      error: 'invalid_client',
      code: 7000218,
      text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    }),
  wrongAssertion: (clientId: string, reason: string) =>
    new Refusal({
      status: 401,
      error: 'invalid_client',
      code: 700027,
      text: `The certificate with identifier used to sign the client assertion is not registered on application. [Reason - ${reason}] Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '${clientId}'.`,
    }),
  notFederated: (clientId: string) =>
    new Refusal({
      status: 401,
      error: 'invalid_client',
      code: 70025,
      text: `The client '${clientId}' has no configured federated identity credentials.`,
    }),
  unmatchedAssertion: (code: 700211 | 700212 | 700213, claim: string, value: string) =>
    new Refusal({
      status: 401,
      error: 'invalid_client',
      code,
      text: `No matching federated identity record found for presented assertion ${claim} '${value}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.`,
    }),
  assertionOver: () =>
    new Refusal({
      status: 401,
      error: 'invalid_client',
      code: 700024,
      text: 'Client assertion is not within its valid time range.',
    }),
  badSignature: () =>
    new Refusal({
      status: 401,
      error: 'invalid_client',
      code: 50013,
      text: 'Assertion failed signature validation. [Reason - The key was not found.]',
    }),
  unknownResource: (resource: string) =>
    new Refusal({
      error: 'invalid_resource',
      code: 500011,
      text: `The resource principal named ${resource} was not found in the tenant named ${tenantId}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
    }),
  unknownPermission: (clientId: string, permission: string, resource: string) =>
    new Refusal({
      error: 'invalid_client',
      code: 650053,
      text: `The application '${clientId}' asked for scope '${permission}' that doesn't exist on the resource '${resource}'. Contact the app vendor.`,
    }),
  notDefaultScope: (scope: string) =>
    new Refusal({
      error: 'invalid_scope',
      code: 1002012,
      text: `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    }),
  noConsent: (clientId: string, name: string) =>
    new Refusal({
      error: 'invalid_grant',
      code: 65001,
      text: `The user or administrator has not consented to use the application with ID '${clientId}' named '${name}'. Send an interactive authorization request for this user and resource.`,
      suberror: 'consent_required',
    }),
  declined: () =>
    new Refusal({ error: 'access_denied', code: 65004, text: 'User declined to consent to access the app.' }),
  wrongRedirect: (uri: string, clientId: string) =>
    new Refusal({
      error: 'invalid_request',
      code: 50011,
      text: `The redirect URI '${uri}' specified in the request does not match the redirect URIs configured for the application '${clientId}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix this.`,
    }),
  // MSAL says that Entra "will throw if prompt=select_account is passed with an account hint"; the code is that of another such pair.
  hintAtSelection: () =>
    new Refusal({
      error: 'invalid_request',
      code: 900051,
      text: 'Unable to complete request. The request was invalid since login_hint and prompt=select_account cannot be used together.',
    }),
  otherRedirect: () =>
    invalidGrant(
      500112,
      'The reply address does not match the reply address provided when requesting Authorization code.',
    ),
  redeemedCode: () =>
    invalidGrant(
      54005,
      'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
    ),
  expiredCode: () =>
    invalidGrant(
      70008,
      'The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.',
    ),
  wrongVerifier: () =>
    invalidGrant(
      501481,
      'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
    ),
  // Entra adds `bad_token` where the token itself can never be good again; MSAL then drops it from its cache.
  expiredToken: () =>
    invalidGrant(
      700082,
      'The refresh token has expired due to inactivity. The token was issued long ago and was inactive for 90.00:00:00.',
      'bad_token',
    ),
  revoked: () =>
    invalidGrant(
      50173,
      'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.',
      'bad_token',
    ),
  unknownGrant: () => invalidGrant(70000, 'Provided grant is invalid or malformed.', 'bad_token'),
  malformed: (error = 'invalid_request') =>
    new Refusal({ error, code: 9002313, text: 'Invalid request. Request is malformed or invalid.' }),
  unavailable: () =>
    new Refusal({
      status: 503,
      error: 'temporarily_unavailable',
      code: 90033,
      text: 'A transient error has occurred. Please try again.',
    }),
  throttled: () =>
    new Refusal({
      status: 429,
      error: 'temporarily_unavailable',
      code: 90055,
      text: 'There are too many incoming requests.',
    }),
};

function invalidGrant(code: number, text: string, suberror?: string): Refusal {
  return new Refusal({ error: 'invalid_grant', code, text, ...(suberror !== undefined && { suberror }) });
}
