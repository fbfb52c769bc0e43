// People at the local Entra ID: they sign in, consent or do not, and an app gets tokens for them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InteractionRequiredAuthError } from '@azure/msal-node';
import { decodeJwt } from 'jose';
import { consent } from '../support/consent.ts';
import { useEntra } from '../support/entra.ts';
import { authorize, connect, graphScope, imapScope, msal, redirectUri, refusal } from './entra-fixture.ts';

const entra = await useEntra();
const ana = 'ana@contoso.example';
const app = () => msal(entra, entra.mailApps.secret);

test('a person consents, and the app gets a token for what they consented to', async () => {
  const { callback, redeem } = await authorize(app(), 'Ana@Contoso.example');
  assert.equal(callback.origin + callback.pathname, redirectUri);
  assert.deepEqual([...callback.searchParams.keys()].sort(), ['code', 'state']);
  assert.equal(callback.searchParams.get('state'), 'state');
  const { accessToken, scopes } = await redeem();
  assert.deepEqual(scopes, [imapScope]);
  const claims = decodeJwt(accessToken);
  assert.equal(claims.aud, 'https://outlook.office365.com');
  assert.equal(claims.iss, entra.issuer);
  assert.equal(claims.scp, 'IMAP.AccessAsUser.All');
  assert.equal(claims.upn, ana);
  assert.equal(claims.preferred_username, ana);
  assert.equal(claims.name, 'Ana');
  assert.equal(claims.azp, entra.mailApps.secret.clientId);
  assert.ok(!('roles' in claims), 'what the app may do by itself is not said');
});

test('permissions of one API come in one token', async () => {
  const scopes = [graphScope, `${graphScope}.Shared`];
  const { accessToken } = await (await authorize(app(), ana, { scopes })).redeem();
  const { aud, scp } = decodeJwt(accessToken);
  assert.deepEqual([aud, scp], ['https://graph.microsoft.com', 'Mail.ReadWrite Mail.ReadWrite.Shared']);
});

test('MSAL knows whose account it is', async () => {
  const { account, idTokenClaims } = await (await authorize(app(), ana)).redeem();
  const [{ oid, name } = { oid: '', name: '' }] = entra.people;
  assert.equal(account?.homeAccountId, `${oid}.${entra.tenantId}`);
  assert.equal(account?.localAccountId, oid);
  assert.equal(account?.tenantId, entra.tenantId);
  assert.equal(account?.username, ana);
  assert.equal(account?.name, name);
  const { oid: claimed, tid, preferred_username } = idTokenClaims as Record<string, unknown>;
  assert.deepEqual([claimed, tid, preferred_username], [oid, entra.tenantId, ana]);
});

test('an app with a certificate signs people in as well', async () => {
  const { redeem } = await authorize(msal(entra, entra.mailApps.certificate), ana);
  assert.equal(decodeJwt((await redeem()).accessToken).azp, entra.mailApps.certificate.clientId);
});

test('anybody may sign in, and is the same person the next time', async () => {
  const first = await (await authorize(app(), 'carla.dias@other.example')).redeem();
  const second = await (await authorize(app(), 'Carla.Dias@other.example')).redeem();
  assert.equal(first.account?.name, 'Carla Dias');
  assert.equal(first.uniqueId, second.uniqueId);
});

test('the page asks who it is, with the address that was hinted at and those that are known', async () => {
  const url = await app().getAuthCodeUrl({ scopes: [imapScope], redirectUri, loginHint: '"x"@y.example' });
  const { html } = await visitPage(url);
  assert.match(html, /<input name="address"[^>]* value="&#34;x&#34;@y.example"/);
  assert.match(html, /<option value="ana@contoso.example"><option value="bruno@contoso.example">/);
  assert.match(html, /Local mail app<\/strong> would like to:/);
  assert.match(html, /<li>https:\/\/outlook\.office365\.com\/IMAP\.AccessAsUser\.All<\/li>/);
  assert.ok(!html.includes('<script'), 'without script');
});

test('what is no address is asked for again', async () => {
  const url = await app().getAuthCodeUrl({ scopes: [imapScope], redirectUri });
  const page = await visitPage(url);
  const body = new URLSearchParams({ address: 'nobody', answer: 'accept' });
  const again = await fetch(page.url, { method: 'POST', headers: page.headers, body });
  assert.equal(again.status, 400);
  assert.match(await again.text(), /Enter an address.*value="nobody"/s);
});

test('an account is selected without a hint: MSAL leaves it out, and Entra refuses it', async () => {
  const asked = { scopes: [imapScope], redirectUri, prompt: 'select_account', loginHint: ana };
  const url = await app().getAuthCodeUrl(asked);
  assert.ok(!new URL(url).searchParams.has('login_hint'));
  assert.ok((await consent(url, ana)).searchParams.has('code'));
  const response = await fetch(`${url}&login_hint=${ana}`);
  assert.equal(response.status, 400);
  assert.match(await response.text(), /login_hint and prompt=select_account cannot be used together/);
});

test('somebody who declines sends the app away with that', async () => {
  const { callback } = await authorize(app(), ana, { answer: 'cancel' });
  assert.equal(callback.searchParams.get('error'), 'access_denied');
  assert.match(
    callback.searchParams.get('error_description') ?? '',
    /^AADSTS65004: User declined to consent/,
  );
  assert.equal(callback.searchParams.get('state'), 'state');
  assert.ok(!callback.searchParams.has('code'));
});

test('a permission that an API does not have is the fault of the app', async () => {
  const scopes = ['https://outlook.office365.com/Nothing.Such'];
  const { callback } = await authorize(app(), ana, { scopes });
  assert.equal(callback.searchParams.get('error'), 'invalid_client');
  assert.match(callback.searchParams.get('error_description') ?? '', /^AADSTS650053: .*'Nothing.Such'/);
});

for (const [uri, why] of [
  ['https://elsewhere.example/api/oauth/callback', 'another host'],
  ['http://localhost:7071/api/oauth/callback/', 'one character more'],
  ['http://127.0.0.1:7071@elsewhere.example/api/oauth/callback', 'a host that looks like a user'],
] as const) {
  test(`nobody is sent to a redirect URI that is not registered: ${why}`, async () => {
    const url = await app().getAuthCodeUrl({ scopes: [imapScope], redirectUri: uri });
    const response = await fetch(url, { redirect: 'manual' });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /AADSTS50011: The redirect URI/);
  });
}

test('an unknown app or tenant is told on a page', async () => {
  const url = new URL(await app().getAuthCodeUrl({ scopes: [imapScope], redirectUri }));
  url.searchParams.set('client_id', 'nobody');
  const byApp = await fetch(url);
  assert.deepEqual([byApp.status, /AADSTS700016/.test(await byApp.text())], [400, true]);
  const byTenant = await fetch(url.href.replace(entra.tenantId, 'other'));
  assert.deepEqual([byTenant.status, /AADSTS90002/.test(await byTenant.text())], [400, true]);
});

test('a code is good once', async () => {
  const client = app();
  const { redeem } = await authorize(client, ana);
  const { account } = await redeem();
  assert.deepEqual(await refusal(redeem()), ['ServerError', 'invalid_grant', '', 54005]);
  assert.ok(account);
  await client.acquireTokenSilent({ account, scopes: [imapScope], forceRefresh: true });
});

test('a code is good for its own verifier and redirect URI, and not for long', async () => {
  const codeVerifier = 'x'.repeat(43);
  const { redeem } = await authorize(app(), ana);
  assert.deepEqual(await refusal(redeem({ codeVerifier })), ['ServerError', 'invalid_grant', '', 501481]);
  const other = { redirectUri: 'http://127.0.0.1:7071/api/oauth/callback' };
  assert.deepEqual(await refusal(redeem(other)), ['ServerError', 'invalid_grant', '', 500112]);
  entra.expire(ana);
  assert.deepEqual(await refusal(redeem()), ['ServerError', 'invalid_grant', '', 70008]);
  assert.equal((await refusal(redeem({ code: 'made-up' })))[3], 70000);
});

test('MSAL wants the nonce that it sent', async () => {
  const { redeem } = await authorize(app(), ana);
  assert.equal((await refusal(redeem({ nonce: 'other' })))[1], 'nonce_mismatch');
});

test('a person who was revoked has to consent again', async () => {
  const { app: client, account } = await connect(entra, 'bruno@contoso.example');
  const silent = { account, scopes: [imapScope], forceRefresh: true };
  entra.revoke('Bruno@contoso.example');
  const refused = await refusal(client.acquireTokenSilent(silent));
  assert.deepEqual(refused, ['InteractionRequiredAuthError', 'invalid_grant', 'bad_token', 50173]);
  await assert.rejects(client.acquireTokenSilent(silent), InteractionRequiredAuthError);
  const again = await connect(entra, 'bruno@contoso.example');
  await again.app.acquireTokenSilent({ ...silent, account: again.account });
});

/** The page that asks who it is, as a browser gets it. */
async function visitPage(authorizeUrl: string) {
  const response = await fetch(authorizeUrl, { redirect: 'manual' });
  const cookies = response.headers.getSetCookie().map(line => line.split(';')[0]);
  const url = new URL(response.headers.get('location') ?? '', authorizeUrl);
  const headers = { cookie: cookies.join('; ') };
  return { url, headers, html: await (await fetch(url, { headers })).text() };
}
