// Access tokens: which are taken, which are refused and why, and what happens when the issuer cannot be asked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { generateKeyPair } from 'jose';
import type { MaloteError } from '../../shared/errors.ts';
import { createTokenVerifier, requireRole, type VerifyToken } from '../../shared/http/token.ts';
import { audience, type Issuer, startIssuer } from './issuer.ts';

let issuer: Issuer;
let verify: VerifyToken;

before(async () => {
  issuer = await startIssuer();
  verify = createTokenVerifier({ issuer: issuer.url, audience, jwksUri: issuer.jwksUri });
});
after(() => issuer.close());

async function refusalOf(authorization: string | null, by = verify): Promise<MaloteError> {
  return by(authorization).then(
    () => assert.fail('It was accepted'),
    (error: MaloteError) => error,
  );
}

/** What the token of an app for itself has not. */
const asApp = { name: undefined, preferred_username: undefined, scp: undefined };
const idTokenOnly = 'it is no access token, but such as an ID token; ask for one with a scope of this API';

const now = () => Math.floor(Date.now() / 1000);

test('a right token says who calls and with which roles', async () => {
  const token = await issuer.token({ roles: ['Supervisor', 'Admin', 'Cook'] });
  const identity = { oid: 'oid-of-ana', name: 'Ana', roles: ['Admin', 'Supervisor'] };
  assert.deepEqual(await verify(`Bearer ${token}`), identity);
  assert.deepEqual(await verify(`bearer  ${token}`), identity);
});

test("an app's own token has a client id for a name, and roles that are no list are none", async () => {
  const token = await issuer.token({
    ...asApp,
    oid: undefined,
    sub: 'sub',
    roles: 'Admin',
  });
  assert.deepEqual(await verify(`Bearer ${token}`), { oid: 'sub', name: 'client', roles: [] });
});

for (const authorization of [null, '', 'Basic YTpi', 'Bearer', 'Bearer two words']) {
  test(`without a bearer token (${authorization}) the caller is asked for one`, async () => {
    const error = await refusalOf(authorization);
    assert.equal(error.code, 'unauthenticated');
    assert.match(error.message, /needs the header Authorization/);
  });
}

const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"roles":["Admin"]}')}.`.replaceAll('=', '');

for (const [why, make] of [
  ['it has expired', () => issuer.token({}, { expiresAt: now() - 120 })],
  ['it has no expiry', () => issuer.token({}, { expiresAt: null })],
  ['it is not valid yet', () => issuer.token({ nbf: now() + 600 })],
  ['it is from another issuer', () => issuer.token({ iss: 'https://login.microsoftonline.com/other/v2.0' })],
  [
    'it is of version 1.0; set api.requestedAccessTokenVersion of the registration of this API to 2, and ask for a new one',
    () =>
      issuer.token({ ver: '1.0', iss: 'https://sts.windows.net/tenant/', appid: 'client', azp: undefined }),
  ],
  ['it is made out to another audience', () => issuer.token({ aud: 'api://other' })],
  [
    'its signature is not valid',
    async () => issuer.token({}, { key: (await generateKeyPair('RS256')).privateKey }),
  ],
  ['it is signed with a key that its issuer does not publish', () => issuer.token({}, { kid: 'k9' })],
  [
    'its signature algorithm is not allowed',
    () => issuer.token({}, { alg: 'HS256', key: new TextEncoder().encode('x'.repeat(32)) }),
  ],
  ['its signature algorithm is not allowed', async () => unsigned],
  ['it cannot be read', async () => 'not.a.token'],
  // As Entra ID makes ID tokens: with the roles of the person, and to the audience of the app.
  [idTokenOnly, () => issuer.token({ roles: ['Admin'], azp: undefined, azpacr: undefined, scp: undefined })],
  [idTokenOnly, () => issuer.token({ roles: ['Admin'], scp: undefined })],
  [idTokenOnly, () => issuer.token({ roles: ['Admin'], scp: ' ' })],
  [idTokenOnly, () => issuer.token({ ...asApp, roles: ['Admin'], idtyp: 'user' })],
  [idTokenOnly, () => issuer.token({ roles: ['Admin'], nonce: '678910' })],
  [idTokenOnly, () => issuer.token({ roles: ['Admin'], at_hash: 'x' })],
  [idTokenOnly, () => issuer.token({ ...asApp, roles: ['Admin'], azp: undefined })],
] as [string, () => Promise<string>][]) {
  test(`a token is refused because ${why}`, async () => {
    const error = await refusalOf(`Bearer ${await make()}`);
    assert.deepEqual([error.code, error.message], ['unauthenticated', `The token is refused: ${why}.`]);
  });
}

test("an app's own token of either version is taken", async () => {
  for (const claims of [{}, { idtyp: 'app' }, { azp: undefined, appid: 'client', ver: '1.0' }]) {
    const token = await issuer.token({ ...asApp, ...claims, roles: ['Platform'] });
    assert.deepEqual((await verify(`Bearer ${token}`)).roles, ['Platform']);
  }
});

test('clocks may differ by less than a minute', async () => {
  await verify(`Bearer ${await issuer.token({}, { expiresAt: now() - 30 })}`);
});

test('the keys are found by discovery, and fetched once', async () => {
  const discovering = createTokenVerifier({ issuer: issuer.url, audience, jwksUri: undefined });
  const before = issuer.state.requests;
  for (let n = 0; n < 3; n += 1) await discovering(`Bearer ${await issuer.token({})}`);
  assert.equal(issuer.state.requests - before, 2);
});

test('that the keys cannot be fetched is not the fault of the caller, and passes', async () => {
  for (const jwksUri of [issuer.jwksUri, undefined]) {
    const fresh = createTokenVerifier({ issuer: issuer.url, audience, jwksUri });
    issuer.state.failing = true;
    const error = await refusalOf(`Bearer ${await issuer.token({})}`, fresh);
    assert.equal(error.code, 'dependency_unavailable');
    issuer.state.failing = false;
    await fresh(`Bearer ${await issuer.token({})}`);
  }
  const nobody = createTokenVerifier({ issuer: issuer.url, audience, jwksUri: 'http://127.0.0.1:1/keys' });
  assert.equal((await refusalOf(`Bearer ${await issuer.token({})}`, nobody)).code, 'dependency_unavailable');
});

test('one of several roles is enough, and a refusal names what would be', () => {
  const caller = { oid: 'o', name: 'Ana', roles: ['Platform' as const] };
  assert.equal(requireRole(caller, ['Admin', 'Platform']), 'Platform');
  assert.throws(() => requireRole(caller, ['Admin', 'Supervisor']), {
    code: 'forbidden',
    message: /needs the role Admin or Supervisor; the token has Platform/,
  });
});
