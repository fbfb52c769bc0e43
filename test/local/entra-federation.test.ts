// An app without a secret at the local Entra ID: the tokens of a managed identity prove it, to the letter of its federated credential.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ConfidentialClientApplication } from '@azure/msal-node';
import { decodeJwt } from 'jose';
import { exchangeAudience } from '../../local/entra/clients.ts';
import { useEntra } from '../support/entra.ts';
import { authorize, refusal } from './entra-fixture.ts';

const entra = await useEntra();
const other = await useEntra();
const { federated, secret, certificate } = entra.mailApps;
const trusted = { issuer: entra.issuer, subject: entra.identity.principalId, audience: exchangeAudience };
afterEach(() => entra.setFederated(federated.clientId, trusted));

const app = (assertion: string | Promise<string>, { clientId } = federated) =>
  new ConfidentialClientApplication({
    auth: {
      clientId,
      authority: `${entra.loginUrl}/${entra.tenantId}`,
      knownAuthorities: [new URL(entra.loginUrl).host],
      clientAssertion: async () => assertion,
    },
  });
const ask = (assertion: string | Promise<string>, { clientId } = federated) =>
  app(assertion, { clientId }).acquireTokenByClientCredential({
    scopes: ['https://graph.microsoft.com/.default'],
  });
const refused = (number: number) => ['ServerError', 'invalid_client', '', number];

test('a token of the identity stands in the place of a secret', async () => {
  const answer = await ask(entra.identity.token(exchangeAudience));
  const { azp, azpacr, roles } = decodeJwt(answer?.accessToken ?? '');
  assert.deepEqual([azp, azpacr, roles], [federated.clientId, '2', ['Mail.ReadWrite']]);
});

test('it does in the flow for a person too, and when the consent is renewed', async () => {
  const client = app(entra.identity.token(exchangeAudience));
  const { redeem } = await authorize(client, 'ana@contoso.example');
  const { account, accessToken } = await redeem();
  assert.ok(account);
  const scopes = ['https://outlook.office365.com/IMAP.AccessAsUser.All'];
  const renewed = await client.acquireTokenSilent({ account, scopes, forceRefresh: true });
  assert.notEqual(renewed.accessToken, accessToken);
});

test('issuer, subject and audience are those of the credential, to the letter', async () => {
  const good = () => entra.identity.token(exchangeAudience);
  const wrong = [
    [700211, { issuer: `${entra.issuer}/` }],
    [700213, { subject: entra.identity.principalId.toUpperCase() }],
    [700212, { audience: 'api://AzureADTokenExchangeUSGov' }],
  ] as const;
  for (const [number, change] of wrong) {
    entra.setFederated(federated.clientId, { ...trusted, ...change });
    assert.deepEqual(await refusal(ask(good())), refused(number));
  }
  entra.setFederated(federated.clientId, trusted);
  assert.ok(await ask(good()));
  const forGraph = entra.identity.token('https://graph.microsoft.com');
  assert.deepEqual(await refusal(ask(forGraph)), refused(700212));
});

test('what another one signed, or what is over, proves nothing', async () => {
  const forged = other.identity.token(exchangeAudience, { iss: entra.issuer });
  assert.deepEqual(await refusal(ask(forged)), refused(50013));
  const past = Math.floor(Date.now() / 1_000) - 10;
  const over = entra.identity.token(exchangeAudience, { exp: past });
  assert.deepEqual(await refusal(ask(over)), refused(700024));
});

test('an app that trusts nobody is not proven by it', async () => {
  for (const { clientId } of [secret, certificate]) {
    const assertion = entra.identity.token(exchangeAudience);
    assert.deepEqual(await refusal(ask(assertion, { clientId })), refused(70025));
  }
});

test('an assertion that is none is refused as a certificate would be', async () => {
  const [name, error] = await refusal(ask('nonsense'));
  assert.deepEqual([name, error], ['ServerError', 'invalid_request']);
});
