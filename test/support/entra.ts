// An issuer for one test file, and tokens that something is wrong with.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import { appClaims } from '../../local/entra/access-token.ts';
import { type Entra, startEntra } from '../../local/entra/issuer.ts';
import { generateSigningKey } from '../../local/entra/signing-keys.ts';
import { localAuthority } from './authority.ts';

export type TestEntra = Entra & {
  /** A token of these claims alone, signed by the issuer's key. */
  signed: (claims: JWTPayload) => Promise<string>;
  /** A token signed by the issuer's key, valid for an Admin but for these claims, e.g. `{ aud: 'api://other' }`. */
  mint: (claims?: JWTPayload) => Promise<string>;
  /** The same, signed by a key that is not the issuer's although it says so. */
  mintForged: (claims?: JWTPayload) => Promise<string>;
};

/** Call at the top of a test file. The app trusts its certificate when NODE_EXTRA_CA_CERTS is set, as `npm test` does. */
export async function useEntra(): Promise<TestEntra> {
  const dir = await mkdtemp(join(tmpdir(), 'malote-entra-'));
  const entra = await startEntra({ port: 0, tls: await localAuthority(), dir });
  after(async () => {
    await entra.close();
    await rm(dir, { recursive: true });
  });
  const key = JSON.parse(await readFile(join(dir, 'signing-key.json'), 'utf8'));
  const signed = async (claims: JWTPayload, jwk = key) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
      .sign(await importJWK(jwk, 'RS256'));
  const sign = async (jwk: typeof key, claims: JWTPayload) => {
    const now = Math.floor(Date.now() / 1_000);
    const times = { iat: now, nbf: now, exp: now + 3_600 };
    const admin = appClaims({ clientId: entra.clients.Admin.clientId, name: 'Local Admin' }, ['Admin']);
    const standard = { iss: entra.issuer, aud: entra.audience, ...admin };
    return signed({ ...standard, ...times, ...claims }, jwk);
  };
  return {
    ...entra,
    signed: claims => signed(claims),
    mint: (claims = {}) => sign(key, claims),
    mintForged: async (claims = {}) => sign(await generateSigningKey(), claims),
  };
}
