// The local issuer: that its tokens are what Entra ID's would be, and what it does when told to fail.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, afterEach, test } from 'node:test';
import { promisify } from 'node:util';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { roles } from '../../local/entra/clients.ts';
import { startEntra } from '../../local/entra/issuer.ts';
import { requestToken } from '../../local/entra/request-token.ts';
import { localAuthority } from '../support/authority.ts';
import { useEntra } from '../support/entra.ts';

const tls = await localAuthority();
const entra = await useEntra();
afterEach(() => entra.faults.clear());

const root = await mkdtemp(join(tmpdir(), 'malote-entra-'));
after(() => rm(root, { recursive: true }));

for (const role of roles) {
  test(`the app with the role ${role} gets a token that says so`, async () => {
    const { payload } = await verify(await entra.token(role));
    assert.deepEqual(payload.roles, [role]);
    assert.equal(payload.azp, entra.clients[role].clientId);
    assert.equal(payload.sub, payload.oid);
    assert.equal(payload.name, `Local ${role}`);
  });
}

test('a token is a JWT of version 2.0 for the API, an hour long', async () => {
  const token = await entra.token('Admin');
  assert.deepEqual(Object.keys(decodeProtectedHeader(token)).sort(), ['alg', 'kid', 'typ']);
  assert.equal(decodeProtectedHeader(token).typ, 'JWT');
  const { payload } = await verify(token);
  assert.equal(payload.ver, '2.0');
  assert.ok(entra.issuer.endsWith(`/${payload.tid}/v2.0`));
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 3_600);
  assert.ok(!('client_id' in payload) && !('scope' in payload), 'nothing that Entra would not say');
});

test('the discovery document names the issuer and where its keys and tokens are', async () => {
  const document = await read(`${entra.issuer}/.well-known/openid-configuration`);
  assert.equal(document.issuer, entra.issuer);
  assert.equal(document.jwks_uri, entra.jwksUri);
  assert.equal(document.token_endpoint, entra.tokenEndpoint);
});

test('published keys are public', async () => {
  const { keys } = await read(entra.jwksUri);
  assert.deepEqual(Object.keys(keys[0]).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
});

test('an app with a wrong secret gets no token', async () => {
  const wrong = { ...entra.clients.Admin, clientSecret: 'wrong' };
  await assert.rejects(requestToken(entra.tokenEndpoint, wrong, tls.caPem), /HTTP 401/);
});

test('an app that asks for another API gets no token', async () => {
  const other = { ...entra.clients.Admin, scope: 'api://other/.default' };
  await assert.rejects(requestToken(entra.tokenEndpoint, other, tls.caPem), /HTTP 400/);
});

test('a token from before a restart is still valid after it', async () => {
  const dir = join(root, 'kept');
  const first = await startEntra({ port: 0, tls, dir });
  const token = await first.token('Admin');
  await first.close();
  const second = await startEntra({ port: first.port, tls, dir });
  await verify(token, second);
  await second.close();
});

test('minted tokens pass unless something is wrong with them', async () => {
  await verify(await entra.mint());
  await assert.rejects(verify(await entra.mint({ aud: 'api://other' })), { claim: 'aud' });
  await assert.rejects(verify(await entra.mint({ exp: 1 })), { code: 'ERR_JWT_EXPIRED' });
  await assert.rejects(verify(await entra.mintForged()), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
});

test('it refuses, throttles, drops and delays as told', async () => {
  const document = `${entra.issuer}/.well-known/openid-configuration`;
  entra.faults.add({ on: 'GET jwks', action: 'refuse', times: 1 });
  entra.faults.add({ on: 'GET jwks', action: 'throttle', delayMs: 2_000, times: 1 });
  assert.equal((await open(entra.jwksUri)).statusCode, 503);
  const throttled = await open(entra.jwksUri);
  assert.deepEqual([throttled.statusCode, throttled.headers['retry-after']], [429, '2']);
  assert.equal((await open(document)).statusCode, 200);

  entra.faults.add({ on: 'POST token', action: 'drop' });
  await assert.rejects(entra.token('Admin'), { code: 'ECONNRESET' });

  entra.faults.add({ on: 'GET jwks', action: 'delay', delayMs: 100 });
  const before = performance.now();
  assert.equal((await open(entra.jwksUri)).statusCode, 200);
  assert.ok(performance.now() - before >= 99);
});

test('a port that is taken is said', async () => {
  await assert.rejects(startEntra({ port: entra.port, tls }), { code: 'EADDRINUSE', port: entra.port });
});

const script = join(import.meta.dirname, '../../local/entra/token.ts');
const printToken = (cwd: string, ...words: string[]) =>
  promisify(execFile)(process.execPath, [script, ...words], { cwd, encoding: 'utf8' });

test('the command prints the token of a role and nothing else', async () => {
  const cwd = join(root, 'running');
  await mkdir(join(cwd, '.local'), { recursive: true });
  const stack = { entra, caFile: tls.caFile };
  await writeFile(join(cwd, '.local/stack.json'), JSON.stringify(stack));
  const { stdout } = await printToken(cwd, 'supervisor');
  assert.match(stdout, /^[\w.-]+\n$/);
  const { payload } = await verify(stdout.trim());
  assert.deepEqual(payload.roles, ['Supervisor']);
});

test('without a running stack the command says how to start it', async () => {
  await assert.rejects(printToken(root, 'Admin'), {
    code: 1,
    stderr: /not running: start it with `npm start`/,
  });
});

test('the command tells its roles when it is given none it knows', async () => {
  await assert.rejects(printToken(root, 'Boss'), {
    code: 2,
    stdout: '',
    stderr: /Admin, Supervisor, Platform/,
  });
});

async function verify(
  token: string,
  { issuer, audience, jwksUri } = entra as Pick<typeof entra, 'issuer' | 'audience' | 'jwksUri'>,
) {
  const keys: JSONWebKeySet = await read(jwksUri);
  return jwtVerify(token, createLocalJWKSet(keys), { issuer, audience });
}

async function read(url: string) {
  // biome-ignore lint/suspicious/noExplicitAny: documents of several shapes, each checked by its test
  return (await json(await open(url))) as any;
}

async function open(url: string): Promise<IncomingMessage> {
  const [response] = await once(get(url, { ca: tls.caPem, agent: false }), 'response');
  return response;
}
