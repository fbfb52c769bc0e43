// Why Entra ID gives no token, in our codes, each with its words and its cure. Tokens, codes and secrets are never quoted.
import { AuthError, type InteractionRequiredAuthError, type ServerError } from '@azure/msal-node';
import type { OAuth } from '../../domain/service/service.ts';
import { type ErrorCode, MaloteError } from '../../errors.ts';
import { quoted } from '../quoted.ts';
import { EntraUnavailable } from './network.ts';
import { connectAgain, nobodyConnected } from './unconnected.ts';

const portal = 'in the app registration in Entra ID, under "Certificates & secrets"';
const checkConsent =
  'Let an administrator of the tenant grant the permissions of the app: in its registration in Entra ID, under "API permissions".';

/** https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity */
const federate =
  'Add the credential: npm run entra -- mailboxes --identity PRINCIPAL-ID --apply. Its issuer is https://login.microsoftonline.com/{tenant}/v2.0, its subject the principal id of the managed identity (in the case that it is shown in), its audience api://AzureADTokenExchange.';

type Refusal = { code: ErrorCode; message: string; cure: string };

const refused = (message: string, cure: string): Refusal => ({ code: 'app_refused', message, cure });
const lapsed = (message: string, cure = connectAgain): Refusal => ({
  code: 'consent_required',
  message,
  cure,
});

/** By Entra's number. https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
const refusals: Record<number, Refusal> = {
  7000215: refused(
    'Entra ID does not accept the client secret.',
    `Set mailbox.auth.clientSecret again: its Value, not its Secret ID. The portal shows the Value only once, when the secret is made; make another ${portal}.`,
  ),
  7000222: refused(
    'The client secret has expired.',
    `Make another ${portal}, and set mailbox.auth.clientSecret to its Value.`,
  ),
  7000218: refused(
    'Entra ID was given neither a client secret nor a certificate.',
    'Set mailbox.auth.clientSecret, or mailbox.auth.clientCertificate.',
  ),
  700027: refused(
    'Entra ID does not know the certificate of the app.',
    `Upload the certificate ${portal}, or set mailbox.auth.clientCertificate to the one that is there.`,
  ),
  70025: refused('The app has no federated credential.', federate),
  70021: refused(
    'No federated credential of the app is for the managed identity of this deployment.',
    federate,
  ),
  700211: refused('The federated credential of the app has another issuer.', federate),
  700212: refused('The federated credential of the app has another audience.', federate),
  700213: refused('The federated credential of the app has another subject.', federate),
  700236: refused(
    'The app is in a tenant that takes no managed identity as its proof.',
    'Register the app in the tenant of the managed identity (as a multi-tenant app where the mailbox is in another), or set mailbox.auth.clientSecret and mailbox.auth.clientAssertion to null.',
  ),
  700024: refused(
    'Entra ID takes the proof of the app for over, or not valid yet.',
    'Set the clock of the machine that this app runs on.',
  ),
  700016: refused(
    'The tenant does not know the app.',
    'Check mailbox.auth.clientId ("Application (client) ID") and mailbox.auth.tenantId.',
  ),
  7000229: refused(
    'The app was never installed in the tenant.',
    'Let an administrator of the tenant grant the permissions of the app, which installs it; check mailbox.auth.tenantId.',
  ),
  7000112: refused(
    'The app is disabled in the tenant.',
    'Enable it in Entra ID, under "Enterprise applications".',
  ),
  90002: refused('There is no such tenant.', 'Check mailbox.auth.tenantId ("Directory (tenant) ID").'),
  900023: refused('There is no such tenant.', 'Check mailbox.auth.tenantId ("Directory (tenant) ID").'),
  500011: refused(
    'The tenant does not know the service that tokens are asked for.',
    'Let an administrator of the tenant grant a permission of it to the app; a tenant without Exchange Online has no mailboxes.',
  ),
  650057: refused('The app has no permission for the service that tokens are asked for.', checkConsent),
  50011: refused(
    'The redirect URI is not registered with the app.',
    'Add mailbox.auth.redirectUri to the app registration in Entra ID, under "Authentication", as of the platform "Web".',
  ),
  500112: refused(
    'The redirect URI is not the one that the sign-in was begun with.',
    'Begin anew: POST /api/services/{id}/oauth/start.',
  ),
  50173: lapsed('The consent was revoked, or an administrator reset the password of the person.'),
  50132: lapsed('The session was revoked, or an administrator reset the password of the person.'),
  50133: lapsed('The session was revoked, or an administrator reset the password of the person.'),
  50055: lapsed('The password of the person has expired.'),
  50057: lapsed(
    'The account of the person is disabled.',
    'Have it enabled, or connect as another person who may read the mailbox: POST /api/services/{id}/oauth/start.',
  ),
  50034: lapsed(
    'The account of the person does not exist any more.',
    'Connect as another person who may read the mailbox: POST /api/services/{id}/oauth/start.',
  ),
  70000: lapsed('Entra ID does not know the consent any more.'),
  70008: lapsed('The consent has expired, because it was not used.'),
  700082: lapsed('The consent has expired, because it was not used.'),
  700084: lapsed('The consent has expired.'),
  70043: lapsed('The consent has expired: a policy of the tenant wants people to sign in regularly.'),
  54005: lapsed('The code of the sign-in was used already.'),
  65001: lapsed(
    'Nobody consented to what the app asks for.',
    `${connectAgain} If the person may not consent: ${checkConsent}`,
  ),
  50074: lapsed('Entra ID wants the person to prove who they are once more.'),
  50076: lapsed('Entra ID wants the person to prove who they are once more (multi-factor authentication).'),
  50078: lapsed('Entra ID wants the person to prove who they are once more (multi-factor authentication).'),
  50079: lapsed('Entra ID wants the person to set up multi-factor authentication.'),
  50158: lapsed('Entra ID wants the person to pass a check of another provider.'),
  53003: lapsed(
    'A policy of the tenant (conditional access) blocks the sign-in.',
    `Let an administrator exempt the app or the person, then connect again: POST /api/services/{id}/oauth/start.`,
  ),
};

/** A person's consent is over, or was not enough (RFC 6749 5.2, OpenID Connect Core 3.1.2.6). */
const aboutConsent = [
  'invalid_grant',
  'interaction_required',
  'consent_required',
  'login_required',
  // MSAL's own: it knows when the refresh token ends.
  'refresh_token_expired',
];
/** MSAL's own: nothing in its cache that a new token could be asked for with. */
const withoutGrant = ['no_tokens_found', 'no_account_in_silent_request'];

/** A code that was made up, is too old, was redeemed already, or belongs to another question. */
const aboutCode = [70000, 70008, 54005, 501481];

/** The app itself, its tenant, or what it proves itself with: no sign-in of a person would end well. */
const aboutProof = [
  7000215, 7000222, 7000218, 700027, 700024, 70025, 70021, 700211, 700212, 700213, 700236, 700016, 7000112,
  90002, 900023,
];

/** Of an answer of Entra ID without a token in it. */
export function noToken(): MaloteError {
  return unavailable('Entra ID answered without a token.');
}

function unavailable(message: string, retryAfterMs?: number): MaloteError {
  return new MaloteError('login_unavailable', message, {
    cure: 'Nothing to do: it is tried again. If it stays so, see https://status.cloud.microsoft and whether this app may reach Entra ID.',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * What MSAL threw, as ours: `login_unavailable` when Entra ID could not answer, `consent_required` when a person has to
 * consent (again), `app_refused` when Entra ID does not accept the app. Anything else is returned as it is.
 */
export function toTokenError(error: unknown, flow: OAuth['flow']): unknown {
  if (error instanceof EntraUnavailable) return unavailable(error.errorMessage, error.retryAfterMs);
  if (!(error instanceof AuthError)) return error;
  if (withoutGrant.includes(error.errorCode)) return nobodyConnected();
  const { code, message, cure } = refusalOf(error, flow);
  return new MaloteError(code, message, { cure });
}

/** Whether Entra ID refuses the code of a sign-in for itself: the link has to be asked for again. */
export function isCodeRefused(error: unknown): boolean {
  return error instanceof AuthError && aboutCode.includes(numberOf(error));
}

/** Whether Entra ID does not accept who asks, whatever it was asked for. */
export function isProofRefused(error: unknown): boolean {
  return error instanceof AuthError && aboutProof.includes(numberOf(error));
}

/** Without a cause: MSAL's errors carry what was sent back, and that is not for the log. */
function refusalOf(error: AuthError & Pick<ServerError, 'errorNo'>, flow: OAuth['flow']): Refusal {
  const isApp = flow === 'clientCredentials';
  const number = numberOf(error);
  const known = refusals[number];
  if (known) {
    const message = `${known.message} (AADSTS${number})`;
    // An app for itself has nobody who could connect again.
    return isApp && known.code === 'consent_required'
      ? refused(message, checkConsent)
      : { ...known, message };
  }
  const said = `Entra ID refused: ${descriptionOf(error)}`;
  if (!isApp && aboutConsent.includes(error.errorCode)) return lapsed(said);
  return refused(
    said,
    'Look the code up at https://login.microsoftonline.com/error, and check the app registration in Entra ID.',
  );
}

function numberOf({ errorNo, errorMessage }: AuthError & Pick<InteractionRequiredAuthError, 'errorNo'>) {
  return Number(errorNo ?? /AADSTS(\d+)/.exec(errorMessage)?.[1]);
}

/** The first sentence or so of Entra's description, without the ids that follow it. */
function descriptionOf({ errorCode, errorMessage }: AuthError): string {
  const [description] = /AADSTS\d+:[^\r\n]*/.exec(errorMessage) ?? [];
  const [text = ''] = (description ?? errorCode).split(/\s+-? ?(?:Trace ID|Correlation ID|Timestamp)\b/);
  return quoted(text);
}
