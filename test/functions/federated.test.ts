// A mailbox whose app has no secret: the managed identity of the deployment proves it, over the identity endpoint of App Service.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { exchangeAudience } from '../../local/entra/clients.ts';
import { startIdentityEndpoint } from '../../local/entra/identity-endpoint.ts';
import { startGraph } from '../../local/graph/server.ts';
import { identityAssertion } from '../../shared/azure/managed-identity.ts';
import { type Api, startApi } from '../http/api.ts';
import { localAuthority } from '../support/authority.ts';
import { consent } from '../support/consent.ts';
import { useEntra } from '../support/entra.ts';
import { refusedAs } from '../support/refused.ts';

const entra = await useEntra();
const { identity, issuer, jwksUri } = entra;
const { federated } = entra.mailApps;
const graph = await startGraph({ port: 0, tls: await localAuthority(), issuer, jwksUri });
after(() => graph.close());
const endpoint = await startIdentityEndpoint({ clientId: identity.clientId, sign: identity.token });
after(() => endpoint.close());
const microsoft = {
  loginUrl: entra.loginUrl,
  graphUrl: graph.origin,
  mailUrl: 'https://outlook.office365.com',
};
const trusted = { issuer, subject: identity.principalId, audience: exchangeAudience };
let api: Api;

before(async () => {
  const env = {
    MICROSOFT_LOGIN_URL: entra.loginUrl,
    MICROSOFT_GRAPH_URL: graph.origin,
    ...endpoint.environment,
  };
  api = await startApi(env, ['oauth', 'service-mailbox', 'fetch-mailbox', 'audit']);
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
});
after(() => api.close());
afterEach(() => {
  endpoint.fault = undefined;
  entra.setFederated(federated.clientId, trusted);
});

let written = 0;

function document(auth: object = {}) {
  const address = `suporte${++written}@contoso.example`;
  graph.addMailbox(address);
  graph.share(address, 'ana@contoso.example');
  return {
    name: `Suporte ${written}`,
    readFrom: '2026-03-01',
    groups: [{ groupId: 'vendas' }],
    mailbox: {
      protocol: 'graph',
      address,
      afterRead: { action: 'delete' },
      auth: {
        type: 'oauth',
        flow: 'clientCredentials',
        tenantId: entra.tenantId,
        clientId: federated.clientId,
        clientAssertion: 'managedIdentity',
        ...auth,
      },
    },
  };
}

const tried = (body: object) => api.call('POST', '/api/services/test', { body });

test('it is registered without a secret, and its mailbox is opened', async () => {
  const body = document();
  const test = await tried(body);
  assert.equal(test.json.ok, true, JSON.stringify(test.json));
  const { status, json } = await api.call('POST', '/api/services', { body });
  assert.equal(status, 201, JSON.stringify(json));
  assert.deepEqual(
    [json.mailbox.auth.clientAssertion, json.mailbox.auth.clientSecretSet],
    ['managedIdentity', false],
  );
  const [resource, ...others] = endpoint.requests;
  assert.deepEqual([resource, others], [exchangeAudience, []], 'the library keeps the token of the identity');
});

test('a person connects it, and signs in as with any other app', async () => {
  const created = await api.call('POST', '/api/services', { body: document({ flow: 'authorizationCode' }) });
  const { id } = created.json;
  const started = await api.call('POST', `/api/services/${id}/oauth/start`);
  assert.equal(started.status, 200, JSON.stringify(started.json));
  const { search } = await consent(started.json.authorizeUrl, 'ana@contoso.example');
  const shown = await fetch(`${api.url}/api/oauth/callback${search}`);
  assert.equal(shown.status, 200);
  const status = await api.call('GET', `/api/services/${id}/status`);
  assert.equal(status.json.connection.connectedAs, 'ana@contoso.example');
});

test('a change from a secret to it is in the audit trail, and the secret is gone', async () => {
  const { clientId, clientSecret } = entra.mailApps.secret;
  const body = document({ clientId, clientSecret, clientAssertion: undefined });
  const created = await api.call('POST', '/api/services', { body });
  assert.equal(created.json.mailbox.auth.clientSecretSet, true);
  const path = `/api/services/${created.json.id}`;
  const changed = await api.call('PATCH', path, {
    body: { mailbox: { auth: { clientId: federated.clientId, clientAssertion: 'managedIdentity' } } },
    ifMatch: created.etag,
  });
  assert.equal(changed.status, 200, JSON.stringify(changed.json));
  assert.equal(changed.json.mailbox.auth.clientSecretSet, false);
  const trail = await api.call('GET', `/api/audit?target=${created.json.id}`);
  assert.match(
    JSON.stringify(trail.json),
    /"field":"mailbox\.auth\.clientAssertion","from":null,"to":"managedIdentity"/,
  );
});

test('a registration that does not trust the identity is told with what it has to say', async () => {
  for (const [change, message] of [
    [undefined, /has no federated credential.*AADSTS70025/],
    [{ subject: 'another' }, /another subject.*AADSTS700213/],
    [{ issuer: 'https://login.microsoftonline.com/other/v2.0' }, /another issuer.*AADSTS700211/],
    [{ audience: 'api://AzureADTokenExchangeChina' }, /another audience.*AADSTS700212/],
  ] as const) {
    entra.setFederated(federated.clientId, change && { ...trusted, ...change });
    const { json } = await tried(document());
    const failed = json.steps.find((step: { code?: string }) => step.code !== undefined);
    assert.equal(failed.code, 'app_refused', JSON.stringify(json));
    assert.match(failed.message, message);
    assert.match(failed.cure, /npm run entra -- mailboxes --identity/);
  }
});

test('without an identity, or with another one than is assigned, an app is refused with the cure', async () => {
  await assert.rejects(
    identityAssertion({ managedIdentity: undefined, microsoft }),
    refusedAs('app_refused', /no managed identity/),
  );
  const another = { clientId: '99999999-2222-4333-8444-555555555555' };
  await assert.rejects(
    identityAssertion({ managedIdentity: another, microsoft }),
    refusedAs('app_refused', /that AZURE_CLIENT_ID names is not there/),
  );
});

test('an endpoint that fails is waited for', async () => {
  endpoint.fault = { status: 500 };
  const other = { clientId: '88888888-2222-4333-8444-555555555555' };
  await assert.rejects(
    identityAssertion({ managedIdentity: other, microsoft }),
    refusedAs('login_unavailable', /does not answer/),
  );
});

test('each cloud has an audience of its own', async () => {
  for (const [host, audience] of [
    ['login.microsoftonline.us', 'api://AzureADTokenExchangeUSGov'],
    ['login.partner.microsoftonline.cn', 'api://AzureADTokenExchangeChina'],
  ]) {
    const cloud = { ...microsoft, loginUrl: `https://${host}` };
    assert.ok(
      await identityAssertion({ managedIdentity: { clientId: identity.clientId }, microsoft: cloud }),
    );
    assert.equal(endpoint.requests.at(-1), audience);
  }
});
