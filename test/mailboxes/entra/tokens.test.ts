// Why there is no token: what Entra ID refuses, and when it cannot answer, each with its code, its words and its cure.
import assert from 'node:assert/strict';
import { after, afterEach, test } from 'node:test';
import { openApp } from '../../../shared/mailboxes/entra/app.ts';
import type { TokenLogin } from '../../../shared/mailboxes/entra/login.ts';
import { network } from '../../../shared/mailboxes/entra/network.ts';
import { tokenSource } from '../../../shared/mailboxes/entra/tokens.ts';
import { clock } from '../../support/clock.ts';
import { useEntra } from '../../support/entra.ts';
import { refusedAs } from '../../support/refused.ts';
import { refusalOf, useScriptedEntra } from '../../support/scripted-entra.ts';

const entra = await useEntra();
const scripted = await useScriptedEntra();
const { secret, certificate } = entra.mailApps;

afterEach(() => entra.faults.clear());
after(() => entra.faults.clear());

const login: TokenLogin = {
  flow: 'clientCredentials',
  loginUrl: entra.loginUrl,
  tenantId: entra.tenantId,
  clientId: secret.clientId,
  secrets: { clientSecret: secret.clientSecret },
  assertion: undefined,
  scopes: ['https://graph.microsoft.com/.default'],
};

/** Asks the local issuer, as an app that differs in this from one that gets a token. */
const ask = (changes: Partial<TokenLogin> = {}) => tokenSource({ ...login, ...changes }, undefined, clock)();

/** Asks an Entra ID that answers this; `flow` as it would be refused in it. */
async function askScripted(
  answer: typeof scripted.answer,
  flow: TokenLogin['flow'] = 'clientCredentials',
): Promise<unknown> {
  scripted.answer = answer;
  const changed = { ...login, loginUrl: scripted.loginUrl, flow };
  if (flow === 'clientCredentials') return tokenSource(changed, undefined, clock)();
  const cache = accountIn(scripted.loginUrl);
  const kept = { cache, provenBy: null, refreshingUntil: null, connection: null };
  return tokenSource(
    changed,
    { read: async () => ({ tokens: kept, etag: '1' }), write: async () => '1' },
    clock,
  )();
}

test('each refusal of an app says what is to be mended', async () => {
  entra.setClientSecret(secret.clientId, 'another');
  await assert.rejects(ask(), {
    code: 'app_refused',
    message: 'Entra ID does not accept the client secret. (AADSTS7000215)',
    cure: /its Value, not its Secret ID/,
  });
  entra.setClientSecret(secret.clientId, secret.clientSecret);
  entra.expireSecret(secret.clientId);
  await assert.rejects(ask(), {
    code: 'app_refused',
    message: 'The client secret has expired. (AADSTS7000222)',
    cure: /Make another/,
  });
  entra.setClientSecret(secret.clientId, secret.clientSecret);
  const unknownApp = ask({ clientId: '11111111-2222-4333-8444-555555555555' });
  await assert.rejects(unknownApp, refusedAs('app_refused', /tenant does not know the app.*AADSTS700016/));
  const unknownTenant = ask({ tenantId: 'nowhere.example' });
  await assert.rejects(unknownTenant, refusedAs('app_refused', /no such tenant.*AADSTS90002/));
  const scopes = ['https://nowhere.example/.default'];
  await assert.rejects(ask({ scopes }), refusedAs('app_refused', /does not know the service.*AADSTS500011/));
  const secrets = { clientCertificate: certificate.certificatePem };
  await assert.rejects(ask({ secrets }), refusedAs('app_refused', /certificate of the app.*AADSTS700027/));
});

test('a refusal that is not known here is quoted without the ids that Entra ID adds', async () => {
  const body = refusalOf('unauthorized_client', 999111, 'Something new is wrong.\r\nMore of it.');
  await assert.rejects(askScripted({ status: 400, body }), {
    code: 'app_refused',
    message: 'Entra ID refused: AADSTS999111: Something new is wrong.',
    cure: /login.microsoftonline.com\/error/,
  });
  const guest = refusalOf('invalid_client', 50020, "User account 'ana@contoso.example' does not exist.");
  await assert.rejects(askScripted({ status: 401, body: guest }), {
    message: "Entra ID refused: AADSTS50020: User account '***' does not exist.",
  });
  const long = refusalOf('invalid_client', 999112, 'x'.repeat(900));
  await assert.rejects(askScripted({ status: 401, body: long }), error => String(error).length < 300);
});

test('what only a person can mend is asked of one, in the flow that has one', async () => {
  const cases = [
    [50173, 'invalid_grant', /revoked/],
    [50076, 'interaction_required', /multi-factor/],
    [50057, 'invalid_grant', /disabled/],
    [53003, 'invalid_grant', /blocks the sign-in/],
    [65001, 'invalid_grant', /Nobody consented/],
    [999113, 'invalid_grant', /AADSTS999113: Something else\./],
  ] as const;
  for (const [number, error, message] of cases) {
    // With and without `bad_token`, MSAL throws errors of different classes.
    for (const rest of [{}, { suberror: 'bad_token' }]) {
      const answer = { status: 400, body: refusalOf(error, number, 'Something else.', rest) };
      await assert.rejects(askScripted(answer, 'authorizationCode'), refusedAs('consent_required', message));
      await assert.rejects(askScripted(answer), refusedAs('app_refused', new RegExp(`AADSTS${number}`)));
    }
  }
});

test('an Entra ID that cannot answer is waited for, as long as it asks', async () => {
  entra.faults.add({ on: 'POST token', action: 'refuse', times: 1 });
  await assert.rejects(ask(), refusedAs('login_unavailable', /fails at the moment \(status 503\)/));
  entra.faults.add({ on: 'POST token', action: 'throttle', delayMs: 7_000, times: 1 });
  await assert.rejects(ask(), { code: 'login_unavailable', message: /asks to wait/, retryAfterMs: 7_000 });
  entra.faults.add({ on: 'POST token', action: 'drop', times: 1 });
  await assert.rejects(ask(), refusedAs('login_unavailable', /cannot be reached/));
  assert.ok(await ask(), 'and nothing of that is remembered');
  await assert.rejects(
    ask({ loginUrl: 'https://127.0.0.1:1' }),
    refusedAs('login_unavailable', /cannot be reached/),
  );
});

test('answers that are none are told from refusals', async () => {
  const date = new Date(Date.now() + 60_000).toUTCString();
  const cases = [
    [{ status: 502, headers: { 'retry-after': date }, body: '<h1>Bad gateway</h1>' }, /status 502/],
    [{ status: 403, body: '<h1>Blocked by the proxy</h1>' }, /no JSON \(status 403\)/],
    [{ status: 200, body: '{}' }, /without a token/],
    [{ status: 307, headers: { location: `${entra.loginUrl}/` }, body: '' }, /cannot be reached/],
  ] as const;
  for (const [answer, message] of cases) {
    await assert.rejects(askScripted(answer), refusedAs('login_unavailable', message));
  }
  await assert.rejects(askScripted(cases[0][0]), (error: { retryAfterMs?: number }) => {
    return Number(error.retryAfterMs) > 50_000 && Number(error.retryAfterMs) <= 60_000;
  });
});

test('an Entra ID is waited for an hour at most, whatever it asks', async () => {
  const answer = { status: 429, headers: { 'retry-after': '9'.repeat(30) }, body: '' };
  await assert.rejects(askScripted(answer), { code: 'login_unavailable', retryAfterMs: 3_600_000 });
});

test('an Entra ID that says nothing is not waited for', async () => {
  scripted.answer = 'silence';
  const app = openApp({ ...login, loginUrl: scripted.loginUrl }, network(clock, 50), null);
  await assert.rejects(app.acquireTokenByClientCredential({ scopes: login.scopes }), {
    errorMessage: 'Entra ID did not answer within 0.05 s.',
  });
});

test('Entra ID is asked at its token endpoint alone, and the secret is in nothing that is thrown', async () => {
  scripted.requests.splice(0);
  const answer = { status: 401, body: refusalOf('invalid_client', 7000215, 'Wrong.') };
  const error = await askScripted(answer).then(
    () => assert.fail(),
    error => error,
  );
  assert.equal(scripted.requests.length, 1);
  assert.match(scripted.requests[0]?.path ?? '', /^\/[\w-]+\/oauth2\/v2\.0\/token\?/);
  for (let at = error; at; at = at.cause) {
    assert.ok(!JSON.stringify({ ...at, message: at.message, stack: at.stack }).includes(secret.clientSecret));
  }
});

/** MSAL's cache with an account and a refresh token, and nothing else. */
function accountIn(loginUrl: string): string {
  const environment = new URL(loginUrl).host;
  const id = { home_account_id: 'oid.tid', environment };
  const account = {
    ...id,
    realm: 'tid',
    local_account_id: 'oid',
    username: 'ana@contoso.example',
    authority_type: 'MSSTS',
  };
  const refresh = { ...id, credential_type: 'RefreshToken', client_id: login.clientId, secret: 'refresh' };
  return JSON.stringify({
    Account: { [`oid.tid-${environment}-tid`]: account },
    IdToken: {},
    AccessToken: {},
    RefreshToken: { [`oid.tid-${environment}-refreshtoken-${login.clientId}--`]: refresh },
    AppMetadata: {},
  });
}
