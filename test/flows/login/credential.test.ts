// The tokens that mailboxes are logged in to with: from the local issuer by MSAL, kept in the database, shared by workers.
import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';
import { decodeJwt } from 'jose';
import { findTokens } from '../../../shared/azure/token-store.ts';
import { type Config, readConfig } from '../../../shared/config.ts';
import type { Secrets } from '../../../shared/domain/service/document.ts';
import { defaultTerms } from '../../../shared/domain/service/survey.ts';
import type { Candidate } from '../../../shared/flows/login/credential.ts';
import { credentialOf, outgoingCredentialOf } from '../../../shared/flows/login/credential.ts';
import { keptTokens } from '../../../shared/flows/login/tokens.ts';
import { tokenLogin } from '../../../shared/mailboxes/entra/login.ts';
import { tokenSource } from '../../../shared/mailboxes/entra/tokens.ts';
import { startDatabase } from '../../azure/services-database.ts';
import { clock } from '../../support/clock.ts';
import { useEntra } from '../../support/entra.ts';
import { refusedAs } from '../../support/refused.ts';
import { connectDirectly, type TokenService, tokenService } from '../../support/token-services.ts';
import { until } from '../../support/until.ts';

const entra = await useEntra();
const { database, cosmos, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);

const config: Config = readConfig({
  ServiceBus: 'unused',
  COSMOS_ENDPOINT: cosmos.endpoint,
  BLOB_ENDPOINT: 'https://127.0.0.1:1/unused',
  ENTRA_ISSUER: entra.issuer,
  ENTRA_AUDIENCE: entra.audience,
  MICROSOFT_LOGIN_URL: entra.loginUrl,
  SECRET_KEY_CURRENT: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
});
const clients = { config, database };
const secrets: Secrets = { clientSecret: entra.mailApps.secret.clientSecret };

beforeEach(() => entra.requests.splice(0));
afterEach(() => {
  cosmos.faults.clear();
  entra.faults.clear();
  entra.setClientSecret(entra.mailApps.secret.clientId, secrets.clientSecret ?? '');
  Object.assign(entra.settings, { strictRotation: false, announcedLifetimeSeconds: undefined });
});

/** The tokens of a worker that has just begun. */
function worker(service: TokenService, candidate: Partial<Candidate> = {}) {
  const credential = credentialOf(clients, { service, secrets, saved: service, ...candidate }, clock);
  assert.ok(credential.type === 'token');
  return credential.token;
}

/** A service whose person has consented; `ending`: with a token that is to be renewed already. */
async function connected({ ending = false } = {}): Promise<TokenService> {
  const service = tokenService(entra, 'authorizationCode');
  if (ending) entra.settings.announcedLifetimeSeconds = 100;
  await connectDirectly(clients, service, secrets, 'ana@contoso.example');
  delete entra.settings.announcedLifetimeSeconds;
  entra.requests.splice(0);
  return service;
}

const etagOf = async ({ id }: TokenService) => (await findTokens(database.mailboxes, id))?.etag;

test('an app asks once for a token, which the next worker finds sealed in the database', async () => {
  const service = tokenService(entra, 'clientCredentials');
  const token = await worker(service)();
  assert.deepEqual(decodeJwt(token).roles, ['Mail.ReadWrite']);
  const { resource } = await database.mailboxes.item('tokens', service.id).read();
  assert.ok(!JSON.stringify(resource).includes(token.slice(0, 20)));
  const etag = await etagOf(service);
  const next = worker(service);
  assert.equal(await next(), token);
  assert.equal(await next(), token);
  assert.equal(entra.requests.length, 1);
  assert.equal(await etagOf(service), etag, 'a token that is good is read, and nothing is written');
});

test('an app with a certificate proves itself with it', async () => {
  const { clientId, certificatePem } = entra.mailApps.certificate;
  const service = tokenService(entra, 'clientCredentials', { clientId });
  const token = await worker(service, { secrets: { clientCertificate: certificatePem } })();
  assert.equal(decodeJwt(token).azp, clientId);
});

test('tokens for IMAP and POP3 are made out to Exchange, for an app and for a person', async () => {
  for (const [protocol, scope] of [
    ['imap', 'IMAP.AccessAsUser.All'],
    ['pop3', 'POP.AccessAsUser.All'],
  ] as const) {
    const server = {
      host: 'outlook.office365.com',
      port: 993,
      tls: 'implicit',
      caCertificate: null,
    } as const;
    for (const flow of ['clientCredentials', 'authorizationCode'] as const) {
      const service = tokenService(entra, flow);
      Object.assign(service.mailbox, server, { protocol });
      if (flow === 'authorizationCode')
        await connectDirectly(clients, service, secrets, 'ana@contoso.example');
      const claims = decodeJwt(await worker(service)());
      assert.equal(claims.aud, 'https://outlook.office365.com');
      assert.deepEqual(
        flow === 'authorizationCode' ? claims.scp : claims.roles,
        flow === 'authorizationCode' ? scope : ['IMAP.AccessAsApp', 'POP.AccessAsApp'],
      );
    }
  }
});

test('of two workers whose token ends one redeems the refresh token, and both go on with what it got', async () => {
  const service = await connected({ ending: true });
  entra.settings.strictRotation = true;
  const [one, other] = await Promise.all([worker(service)(), worker(service)()]);
  assert.equal(one, other);
  assert.equal(entra.requests.length, 1);
  // The rotated refresh token was kept: redeeming the first one again would end the consent.
  const third = worker(service);
  assert.notEqual(await third({ renew: true }), one);
  assert.deepEqual(
    entra.requests.map(({ grantType, errorCode }) => [grantType, errorCode]),
    [
      ['refresh_token', undefined],
      ['refresh_token', undefined],
    ],
  );
});

test('a token that a server did not take is renewed once, whoever else was refused with it', async () => {
  const service = await connected();
  const [one, other] = [worker(service), worker(service)];
  const refused = await one();
  assert.equal(await other(), refused);
  const [renewed, same] = await Promise.all([one({ renew: true }), other({ renew: true })]);
  assert.notEqual(renewed, refused);
  assert.equal(same, renewed);
  assert.equal(entra.requests.length, 1);
});

test('a rotated refresh token is written although the database refuses at first', async () => {
  const service = await connected({ ending: true });
  entra.settings.strictRotation = true;
  // The claim is written before Entra ID is asked; then the database is away.
  const { token, ready } = await claimedBy(worker(service), service);
  cosmos.faults.add({ on: 'replace mailboxes', action: 'refuse', times: 6 });
  ready.resolve();
  const got = await token;
  assert.deepEqual(cosmos.faults.list(), []);
  assert.equal(await worker(service)(), got);
  await worker(service)({ renew: true });
  assert.deepEqual(
    entra.requests.map(({ errorCode }) => errorCode),
    [undefined, undefined],
  );
});

test('a write that came through unanswered is not taken for another worker’s', async () => {
  const service = await connected({ ending: true });
  const { token, ready } = await claimedBy(worker(service), service);
  cosmos.faults.add({ on: 'replace mailboxes', action: 'dropAfter', times: 1 });
  ready.resolve();
  const got = await token;
  assert.equal(await worker(service)(), got);
  assert.equal(entra.requests.length, 1);
});

/** A token that is asked for by one who has claimed to do so; Entra ID answers when `ready`. */
async function claimedBy(one: () => Promise<string>, service: TokenService) {
  const ready = Promise.withResolvers<void>();
  entra.faults.add({ on: 'POST token', action: 'delay', until: ready.promise, times: 1 });
  const token = one();
  await untilClaimed(service);
  return { token, ready };
}

async function untilClaimed({ id }: TokenService): Promise<void> {
  const isClaimed = async () => !!(await findTokens(database.mailboxes, id))?.value.refreshingUntil;
  await until('the claim', isClaimed);
}

test('a claim counts although the clock of another worker is ahead', async () => {
  const service = await connected({ ending: true });
  entra.settings.strictRotation = true;
  const { token: one, ready } = await claimedBy(worker(service), service);
  const store = keptTokens(clients, service.id, service.mailbox);
  const login = tokenLogin(service.mailbox, secrets, config.microsoft);
  const ahead = tokenSource(
    login,
    {
      ...store,
      read: async () => {
        const { tokens, etag } = await store.read();
        return { tokens: tokens && { ...tokens, refreshingUntil: earlier(tokens.refreshingUntil) }, etag };
      },
    },
    clock,
  );
  const theirs = ahead();
  ready.resolve();
  assert.equal(await theirs, await one);
  assert.equal(entra.requests.length, 1);
});

/** What a clock that is half a minute ahead makes of an instant, less a little. */
function earlier(instant: string | null): string | null {
  return instant && new Date(Date.parse(instant) - 29_000).toISOString();
}

test('a rotated refresh token is kept although another worker has taken the claim over', async () => {
  const service = await connected({ ending: true });
  entra.settings.strictRotation = true;
  const { token: one, ready } = await claimedBy(worker(service), service);
  const store = keptTokens(clients, service.id, service.mailbox);
  const { tokens, etag } = await store.read();
  assert.ok(await store.write({ ...tokens!, refreshingUntil: null }, etag));
  ready.resolve();
  const token = await one;
  assert.equal(await worker(service)(), token);
  assert.notEqual(await worker(service)({ renew: true }), token);
});

test('a worker that dies while it asks is waited for until its claim ends', async () => {
  const service = await connected({ ending: true });
  const store = keptTokens(clients, service.id, service.mailbox);
  const { tokens, etag } = await store.read();
  // Half a minute longer, for its clock may have been behind.
  const until = Date.now() + 700;
  const refreshingUntil = new Date(until - 30_000).toISOString();
  await store.write({ ...tokens!, refreshingUntil }, etag);
  await worker(service)();
  assert.ok(Date.now() >= until);
  assert.equal(entra.requests.length, 1);
});

test('tokens are used for the place alone that they were got for', async () => {
  const service = await connected();
  for (const change of [
    { username: 'outra@contoso.example' },
    { address: 'outra@contoso.example' },
    { auth: { ...service.mailbox.auth, clientId: entra.mailApps.certificate.clientId } },
  ]) {
    const moved = { ...service, mailbox: { ...service.mailbox, ...change } };
    await assert.rejects(worker(moved)(), refusedAs('consent_required', /Nobody has connected/));
  }
  assert.equal(entra.requests.length, 0);
  assert.equal(decodeJwt(await worker(service)()).preferred_username, 'ana@contoso.example');
});

test('a service that is tried as it may become leaves the tokens of the saved one alone', async () => {
  const saved = await connected();
  const etag = await etagOf(saved);
  const { auth } = saved.mailbox;
  const asApp = {
    ...saved,
    mailbox: { ...saved.mailbox, auth: { ...auth, flow: 'clientCredentials' } },
  } as const;
  assert.ok(decodeJwt(await worker(asApp, { saved })()).roles);
  const other = { ...saved, mailbox: { ...saved.mailbox, username: 'outra@contoso.example' } };
  await assert.rejects(worker(other, { saved })(), { cure: /^Save the service, then connect it/ });
  const unsaved = tokenService(entra, 'authorizationCode');
  await assert.rejects(worker(unsaved, { saved: undefined })(), refusedAs('consent_required', /Nobody/));
  assert.equal(await etagOf(saved), etag);
});

test('a new secret is proven, whatever token there is, be it tried or saved', async () => {
  for (const flow of ['clientCredentials', 'authorizationCode'] as const) {
    const service = flow === 'authorizationCode' ? await connected() : tokenService(entra, flow);
    const token = await worker(service)();
    const wrong = worker(service, { secrets: { clientSecret: 'wrong' } });
    await assert.rejects(wrong(), refusedAs('app_refused', /client secret/));
    assert.equal(await worker(service)(), token, 'which says nothing of the old one');
    entra.setClientSecret(entra.mailApps.secret.clientId, 'another');
    const another = { secrets: { clientSecret: 'another' } };
    const renewed = await worker(service, another)();
    assert.notEqual(renewed, token);
    assert.equal(await worker(service, another)(), renewed);
    entra.setClientSecret(entra.mailApps.secret.clientId, secrets.clientSecret ?? '');
  }
});

test('a consent that was revoked is told with what to do, and given again all is well', async () => {
  const service = await connected({ ending: true });
  entra.revoke('ana@contoso.example');
  for (let time = 0; time < 2; time++) {
    await assert.rejects(worker(service)(), refusedAs('consent_required', /revoked.*AADSTS50173/));
  }
  assert.equal((await keptTokens(clients, service.id, service.mailbox).read()).tokens?.refreshingUntil, null);
  await connectDirectly(clients, service, secrets, 'ana@contoso.example');
  assert.ok(await worker(service)());
});

test('a consent that expired is told', async () => {
  const service = await connected({ ending: true });
  entra.expire('ana@contoso.example');
  await assert.rejects(worker(service)(), {
    code: 'consent_required',
    message: /not used.*AADSTS700082/,
    cure: /oauth\/start/,
  });
});

test('what nobody can unseal any more is got anew by an app, and asked for again of a person', async () => {
  const changed = readConfigWithOtherKey();
  const app = tokenService(entra, 'clientCredentials');
  const token = await worker(app)();
  const credential = credentialOf(
    { config: changed, database },
    { service: app, secrets, saved: app },
    clock,
  );
  assert.ok(credential.type === 'token');
  assert.notEqual(await credential.token(), token);
  const person = await connected();
  const theirs = credentialOf(
    { config: changed, database },
    { service: person, secrets, saved: person },
    clock,
  );
  assert.ok(theirs.type === 'token');
  await assert.rejects(theirs.token(), refusedAs('consent_required', /cannot be read any more/));
});

function readConfigWithOtherKey(): Config {
  return { ...config, secretKeys: [{ id: 'k9', key: Buffer.alloc(32, 9) }] };
}

test('a database that is away says so, and is no trouble of the mailbox', async () => {
  const service = tokenService(entra, 'clientCredentials');
  cosmos.faults.add({ on: 'read mailboxes', action: 'refuse' });
  await assert.rejects(worker(service)(), refusedAs('dependency_unavailable', /database/));
});

test('a consent from before the mailbox was to send lacks that alone: reading goes on, sending says who has to consent', async () => {
  const before = await connected();
  const survey = {
    ...defaultTerms,
    type: 'standard',
    questionText: null,
    linkText: null,
    commentDisabled: false,
    delivery: 'mailbox',
  } as const;
  const service = { ...before, survey };
  const sending = outgoingCredentialOf(clients, { service, secrets, saved: service }, clock);
  assert.ok(sending?.type === 'token');
  await assert.rejects(sending.token(), refusedAs('consent_required', /Nobody consented/));
  const scopes = (token: string) => String(decodeJwt(token).scp).split(' ');
  assert.ok(!scopes(await worker(service)()).includes('Mail.Send'));

  const login = tokenLogin(service.mailbox, secrets, config.microsoft, 'all');
  assert.deepEqual(
    login.scopes.map(scope => scope.slice(scope.lastIndexOf('/') + 1)),
    ['Mail.ReadWrite', 'Mail.ReadWrite.Shared', 'Mail.Send', 'Mail.Send.Shared'],
  );
});
