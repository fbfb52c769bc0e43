// Refresh tokens and the life of access tokens at the local Entra ID, by Microsoft's own client.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type { AccountInfo, ConfidentialClientApplication } from '@azure/msal-node';
import { decodeJwt } from 'jose';
import { startEntra } from '../../local/entra/issuer.ts';
import { usualSettings } from '../../local/entra/token-settings.ts';
import { localAuthority } from '../support/authority.ts';
import { useEntra } from '../support/entra.ts';
import { authorize, connect, graphScope, imapScope, msal, refusal } from './entra-fixture.ts';

const entra = await useEntra();
const ana = 'ana@contoso.example';

afterEach(() => {
  entra.faults.clear();
  Object.assign(entra.settings, { ...usualSettings(), announcedLifetimeSeconds: undefined });
});

test('each refresh gives another refresh token', async () => {
  const { app, account } = await connect(entra, ana);
  const first = refreshToken(app);
  await refresh(app, account);
  const second = refreshToken(app);
  await refresh(app, account);
  assert.equal(new Set([first, second, refreshToken(app)]).size, 3);
});

test('a refreshed token is for the same person, who stays the same to MSAL', async () => {
  const { app, account } = await connect(entra, ana);
  const refreshed = await refresh(app, account);
  assert.equal(decodeJwt(refreshed.accessToken).upn, ana);
  assert.equal(refreshed.account?.homeAccountId, account.homeAccountId);
  assert.equal(refreshed.fromCache, false);
});

test('a refresh token that was used stays good, as with Entra', async () => {
  const { app, account } = await connect(entra, ana);
  const other = copy(app);
  await refresh(app, account);
  await refresh(other, account);
});

test('when rotation is strict, a second use ends the grant for everybody', async () => {
  entra.settings.strictRotation = true;
  const { app, account } = await connect(entra, ana);
  const other = copy(app);
  await refresh(app, account);
  assert.equal((await refusal(refresh(other, account)))[3], 50173);
  const refused = await refusal(refresh(app, account));
  assert.deepEqual(refused, ['InteractionRequiredAuthError', 'invalid_grant', 'bad_token', 70000]);
});

test('when rotation is strict, an answer that is lost costs the consent', async () => {
  entra.settings.strictRotation = true;
  const { app, account } = await connect(entra, ana);
  entra.faults.add({ on: 'POST token', action: 'dropAfter', times: 1 });
  assert.equal((await refusal(refresh(app, account)))[1], 'network_error');
  assert.equal((await refusal(refresh(app, account)))[3], 50173);
});

test('a refresh token is good for any API the person consented to, and for no other', async () => {
  const address = 'carla@contoso.example';
  const { app, account } = await connect(entra, address);
  const ask = () => app.acquireTokenSilent({ account, scopes: [graphScope] });
  const refused = await refusal(ask());
  assert.deepEqual(refused, ['InteractionRequiredAuthError', 'invalid_grant', 'consent_required', 65001]);
  await connect(entra, address, [graphScope]);
  const { aud, scp } = decodeJwt((await ask()).accessToken);
  assert.deepEqual([aud, scp], ['https://graph.microsoft.com', 'Mail.ReadWrite']);
});

test('two APIs can be consented to at once; a token is for one of them', async () => {
  const app = msal(entra, entra.mailApps.secret);
  const { redeem } = await authorize(app, 'dario@contoso.example', { scopes: [imapScope, graphScope] });
  const { account, accessToken } = await redeem({ scopes: [graphScope] });
  assert.equal(decodeJwt(accessToken).aud, 'https://graph.microsoft.com');
  const { accessToken: other } = await refresh(app, account as AccountInfo);
  assert.equal(decodeJwt(other).aud, 'https://outlook.office365.com');
});

test('the consent of one app is nothing to another', async () => {
  const { app, account } = await connect(entra, ana);
  const other = msal(entra, entra.mailApps.certificate);
  other
    .getTokenCache()
    .deserialize(
      app
        .getTokenCache()
        .serialize()
        .replaceAll(entra.mailApps.secret.clientId, entra.mailApps.certificate.clientId),
    );
  assert.equal((await refusal(refresh(other, account)))[1], 'invalid_grant');
});

test('a refresh token nobody used for long is over', async () => {
  const { app, account } = await connect(entra, ana);
  entra.expire(ana);
  const refused = await refusal(refresh(app, account));
  assert.deepEqual(refused, ['InteractionRequiredAuthError', 'invalid_grant', 'bad_token', 700082]);
});

test('a secret that was replaced stops refreshes, and a consent outlives it', async () => {
  const { app, account } = await connect(entra, ana);
  const { clientId, clientSecret } = entra.mailApps.secret;
  entra.setClientSecret(clientId, 'another');
  assert.deepEqual(await refusal(refresh(app, account)), ['ServerError', 'invalid_client', '', 7000215]);
  entra.setClientSecret(clientId, clientSecret);
  await refresh(app, account);
});

test('a consent outlives a restart', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'malote-entra-'));
  const tls = await localAuthority();
  const first = await startEntra({ port: 0, tls, dir });
  const { app, account } = await connect(first, ana);
  await first.close();
  const second = await startEntra({ port: first.port, tls, dir });
  assert.equal(decodeJwt((await refresh(app, account)).accessToken).upn, ana);
  assert.equal(second.mailApps.certificate.certificatePem, first.mailApps.certificate.certificatePem);
  await second.close();
  await rm(dir, { recursive: true });
});

test('MSAL renews a token within five minutes of the end that was announced', async () => {
  entra.settings.announcedLifetimeSeconds = 299;
  const { app, account } = await connect(entra, ana);
  const before = entra.requests.length;
  const { accessToken, fromCache } = await app.acquireTokenSilent({ account, scopes: [imapScope] });
  assert.equal(fromCache, false);
  assert.equal(entra.requests.length, before + 1);
  const { iat = 0, exp = 0 } = decodeJwt(accessToken);
  assert.equal(exp - iat, 3_600);
});

test('a token can be over before the end that was announced', async () => {
  Object.assign(entra.settings, { accessTokenLifetimeSeconds: -1, announcedLifetimeSeconds: 3_600 });
  const { app, account } = await connect(entra, ana);
  const { accessToken, fromCache } = await app.acquireTokenSilent({ account, scopes: [imapScope] });
  assert.equal(fromCache, true, 'MSAL believes that it is good');
  const { iat = 0, exp = 0 } = decodeJwt(accessToken);
  assert.equal(exp - iat, -1);
});

test('tokens can be taken back, and those that come after are good', async () => {
  const { app, account } = await connect(entra, ana);
  const { accessToken: before } = await app.acquireTokenSilent({ account, scopes: [imapScope] });
  assert.equal(entra.isRevoked(before), false);
  entra.invalidateTokens();
  assert.equal(entra.isRevoked(before), true);
  assert.equal(entra.isRevoked((await refresh(app, account)).accessToken), false);
});

test('an Entra that is down or throttles is told by MSAL, which then stops asking', async () => {
  const { app, account } = await connect(entra, ana);
  entra.faults.add({ on: 'POST token', action: 'refuse', times: 1 });
  const refused = await refusal(refresh(copy(app), account));
  assert.deepEqual(refused, ['ServerError', 'temporarily_unavailable', '', 90033]);
  entra.faults.add({ on: 'POST token', action: 'throttle', delayMs: 5_000, times: 1 });
  const throttled = copy(app);
  assert.equal((await refusal(refresh(throttled, account)))[3], 90055);
  const before = entra.requests.length;
  assert.deepEqual(await refusal(refresh(throttled, account)), ['ServerError', '90055', '', undefined]);
  assert.equal(entra.requests.length, before);
  entra.faults.add({ on: 'POST token', action: 'drop', times: 1 });
  assert.deepEqual(await refusal(refresh(copy(app), account)), ['AuthError', 'network_error', '', undefined]);
  await refresh(copy(app), account);
});

function refresh(app: ConfidentialClientApplication, account: AccountInfo) {
  return app.acquireTokenSilent({ account, scopes: [imapScope], forceRefresh: true });
}

/** Another client with the same cache, as a second worker has it. */
function copy(app: ConfidentialClientApplication): ConfidentialClientApplication {
  const other = msal(entra, entra.mailApps.secret);
  other.getTokenCache().deserialize(app.getTokenCache().serialize());
  return other;
}

function refreshToken(app: ConfidentialClientApplication): string {
  const { RefreshToken } = JSON.parse(app.getTokenCache().serialize());
  const [{ secret }] = Object.values(RefreshToken) as [{ secret: string }];
  return secret;
}
