// Apps at the local Entra ID, by Microsoft's own client: client credentials for the APIs of mail.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfidentialClientApplication } from '@azure/msal-node';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { useEntra } from '../support/entra.ts';
import { msal, refusal } from './entra-fixture.ts';

const entra = await useEntra();
const { secret, certificate } = entra.mailApps;
const graph = 'https://graph.microsoft.com';
const exchange = 'https://outlook.office365.com';

test('an app with a secret gets a token for Graph that says what it may do there', async () => {
  const accessToken = await ask(msal(entra, secret), graph);
  const { payload } = await verify(accessToken, graph);
  assert.deepEqual(payload.roles, ['Mail.ReadWrite']);
  assert.equal(payload.azp, secret.clientId);
  assert.equal(payload.azpacr, '1');
  assert.equal(payload.tid, entra.tenantId);
  assert.equal(payload.sub, payload.oid);
  assert.ok(!('upn' in payload) && !('scp' in payload), 'no person');
});

test('the same app gets a token for Exchange', async () => {
  const accessToken = await ask(msal(entra, secret), exchange);
  const { payload } = await verify(accessToken, exchange);
  assert.deepEqual(payload.roles, ['IMAP.AccessAsApp', 'POP.AccessAsApp']);
});

test('the Graph of this machine is Graph too, whatever its port', async () => {
  const accessToken = await ask(msal(entra, secret), 'https://127.0.0.1:8445');
  const { payload } = await verify(accessToken, 'https://127.0.0.1:8445');
  assert.deepEqual(payload.roles, ['Mail.ReadWrite']);
});

test('an app with a certificate gets tokens, more than once by the same assertion', async () => {
  const app = msal(entra, certificate);
  for (const resource of [graph, exchange]) {
    const accessToken = await ask(app, resource);
    const { payload } = await verify(accessToken, resource);
    assert.equal(payload.azp, certificate.clientId);
    assert.equal(payload.azpacr, '2');
  }
});

test('a certificate that the app does not have is refused, whoever signed', async () => {
  const thumbprint = '00'.repeat(32);
  const app = msal(entra, { ...certificate, thumbprint });
  assert.deepEqual(await refusal(ask(app, graph)), ['ServerError', 'invalid_client', '', 700027]);
});

test('a key that is not the one of the certificate is refused', async () => {
  const other = await useEntra();
  const [ownCertificate] = certificate.certificatePem.split(/(?<=-----END CERTIFICATE-----)/);
  const [, otherKey] = other.mailApps.certificate.certificatePem.split(/(?<=-----END CERTIFICATE-----)/);
  const app = msal(entra, { ...certificate, certificatePem: `${ownCertificate}${otherKey}` });
  assert.deepEqual(await refusal(ask(app, graph)), ['ServerError', 'invalid_client', '', 700027]);
});

test('a certificate is no way in for an app with a secret, nor a secret for one with a certificate', async () => {
  const { certificatePem } = certificate;
  const withCertificate = msal(entra, { clientId: secret.clientId, certificatePem });
  const withSecret = msal(entra, { clientId: certificate.clientId, clientSecret: 'local-mail-secret' });
  assert.equal((await refusal(ask(withCertificate, graph)))[3], 700027);
  assert.equal((await refusal(ask(withSecret, graph)))[3], 7000215);
});

test('a secret that was replaced is wrong from then on', async () => {
  entra.setClientSecret(secret.clientId, 'another');
  const askWith = (clientSecret: string) => ask(msal(entra, { ...secret, clientSecret }), graph);
  const refused = await refusal(askWith(secret.clientSecret));
  assert.deepEqual(refused, ['ServerError', 'invalid_client', '', 7000215]);
  await askWith('another');
  entra.setClientSecret(secret.clientId, secret.clientSecret);
  await askWith(secret.clientSecret);
});

test('a secret that is over is refused as such', async () => {
  entra.expireSecret(secret.clientId);
  const asked = ask(msal(entra, secret), graph);
  assert.deepEqual(await refusal(asked), ['ServerError', 'invalid_client', '', 7000222]);
  entra.setClientSecret(secret.clientId, secret.clientSecret);
});

test('an app nobody registered is unknown', async () => {
  const app = msal(entra, { ...secret, clientId: '11111111-0000-4000-8000-000000000000' });
  assert.deepEqual(await refusal(ask(app, graph)), ['ServerError', 'unauthorized_client', '', 700016]);
});

test('an API nobody knows is refused', async () => {
  const asked = ask(msal(entra, secret), 'https://other.example');
  assert.deepEqual(await refusal(asked), ['ServerError', 'invalid_resource', '', 500011]);
});

test('an app has to ask for all it may, not for one permission', async () => {
  const asked = msal(entra, secret).acquireTokenByClientCredential({ scopes: [`${graph}/Mail.ReadWrite`] });
  assert.deepEqual(await refusal(asked), ['ServerError', 'invalid_scope', '', 1002012]);
});

test('without the consent of the administrator a token says nothing of the permission', async () => {
  entra.setPermissions(secret.clientId, ['POP.AccessAsApp']);
  const rolesFor = async (resource: string) => {
    const accessToken = await ask(msal(entra, secret), resource);
    return (await verify(accessToken, resource)).payload.roles;
  };
  assert.equal(await rolesFor(graph), undefined);
  assert.deepEqual(await rolesFor(exchange), ['POP.AccessAsApp']);
  entra.setPermissions(secret.clientId, ['Mail.ReadWrite', 'IMAP.AccessAsApp', 'POP.AccessAsApp']);
  assert.deepEqual(await rolesFor(graph), ['Mail.ReadWrite']);
});

test('an unknown tenant is refused as Entra does, by each endpoint in its way', async () => {
  const unknown = `${entra.loginUrl}/22222222-0000-4000-8000-000000000000`;
  const discovery = await fetch(`${unknown}/v2.0/.well-known/openid-configuration`);
  assert.equal(discovery.status, 400);
  const answer = await refusalIn(discovery);
  assert.equal(answer.error, 'invalid_tenant');
  assert.match(answer.error_description, /^AADSTS90002: Tenant '22222222-.* Trace ID: .* Correlation ID: /);
  assert.deepEqual(answer.error_codes, [90002]);
  const token = await fetch(`${unknown}/oauth2/v2.0/token`, { method: 'POST' });
  assert.deepEqual([token.status, (await refusalIn(token)).error], [400, 'invalid_request']);
  // MSAL keeps the reason of a failed discovery to itself.
  const app = msal({ ...entra, tenantId: '22222222-0000-4000-8000-000000000000' }, secret);
  const [, code] = await refusal(ask(app, graph));
  assert.equal(code, 'endpoints_resolution_error');
});

test('a refusal is about the request that MSAL numbered', async () => {
  const form = { grant_type: 'client_credentials', client_id: secret.clientId, client_secret: 'wrong' };
  const body = new URLSearchParams({ ...form, scope: `${graph}/.default`, 'client-request-id': 'ours' });
  const response = await fetch(entra.tokenEndpoint, { method: 'POST', body });
  assert.equal(response.status, 401);
  const { error_uri, correlation_id, timestamp, ...rest } = await refusalIn(response);
  assert.match(error_uri, /error\?code=7000215$/);
  assert.equal(correlation_id, 'ours');
  assert.match(timestamp, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
  assert.deepEqual(Object.keys(rest).sort(), ['error', 'error_codes', 'error_description', 'trace_id']);
});

test('requests for tokens can be counted', async () => {
  const before = entra.requests.length;
  await ask(msal(entra, secret), graph);
  await refusal(ask(msal(entra, { ...secret, clientSecret: 'wrong' }), graph));
  const seen = entra.requests.slice(before);
  assert.deepEqual(
    seen.map(({ at, ...request }) => request),
    [
      {
        clientId: secret.clientId,
        grantType: 'client_credentials',
        scope: `${graph}/.default`,
        errorCode: undefined,
      },
      {
        clientId: secret.clientId,
        grantType: 'client_credentials',
        scope: `${graph}/.default`,
        errorCode: 7000215,
      },
    ],
  );
  assert.ok(Date.now() - (seen[0]?.at.getTime() ?? 0) < 60_000);
});

/** An app's token for all it may do there. */
async function ask(app: ConfidentialClientApplication, resource: string): Promise<string> {
  const result = await app.acquireTokenByClientCredential({ scopes: [`${resource}/.default`] });
  return result?.accessToken ?? '';
}

/** What Entra says when it refuses. */
async function refusalIn(response: Response) {
  return (await response.json()) as {
    error: string;
    error_description: string;
    error_codes: number[];
    error_uri: string;
    correlation_id: string;
    timestamp: string;
  };
}

async function verify(token: string, audience: string) {
  const keys = createRemoteJWKSet(new URL(entra.jwksUri));
  return jwtVerify(token, keys, { issuer: entra.issuer, audience });
}
