// Tokens as the local Entra ID issues them: those for the API are taken, those that tell an app who signed in are not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { createTokenVerifier } from '../../shared/http/token.ts';
import { authorize, msal } from '../local/entra-fixture.ts';
import { useEntra } from '../support/entra.ts';

const entra = await useEntra();
const { issuer, jwksUri, audience } = entra;

test("an app's own access token for the API is taken", async () => {
  const verify = createTokenVerifier({ issuer, jwksUri, audience });
  assert.deepEqual((await verify(`Bearer ${await entra.token('Platform')}`)).roles, ['Platform']);
});

test('an ID token is refused, though issuer, key, audience and roles are right', async () => {
  const { clientId } = entra.mailApps.secret;
  // In Entra ID the audience of an API may be the client id of its registration, which is that of ID tokens.
  const verify = createTokenVerifier({ issuer, jwksUri, audience: clientId });
  const app = msal(entra, entra.mailApps.secret);
  const { idToken } = await (await authorize(app, 'ana@contoso.example')).redeem();
  const claims = decodeJwt(idToken);
  assert.equal(claims.aud, clientId);
  // With and without what a client may leave out of its request, and with the app roles that Entra ID adds.
  const { nonce: _nonce, at_hash: _digest, ...plain } = claims;
  const issued = [
    idToken,
    await entra.signed({ ...claims, roles: ['Admin'] }),
    await entra.signed({ ...plain, roles: ['Admin'] }),
  ];
  for (const token of issued) {
    await assert.rejects(verify(`Bearer ${token}`), {
      code: 'unauthenticated',
      message: /it is no access token/,
    });
  }
  const accessToken = { ...plain, azp: clientId, scp: 'access_as_user', roles: ['Admin'] };
  assert.deepEqual((await verify(`Bearer ${await entra.signed(accessToken)}`)).roles, ['Admin']);
});
