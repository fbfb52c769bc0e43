// Who may use the Graph stand-in: which tokens it takes, what apps and people may open, refused in Graph's words.
import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { clientId, useGraph } from './graph-support.ts';

let aheadMs = 0;
const now = () => Date.now() + aheadMs;
const graph = await useGraph({ now });
const [ana, bruno, shared] = ['ana@contoso.example', 'bruno@contoso.example', 'sac@contoso.example'];
for (const address of [ana, bruno, shared]) graph.addMailbox(address);
graph.share(shared, ana);

afterEach(() => graph.revokeTokensBefore(0));

const open = (token: string, mailbox = ana) => graph.call('GET', `${mailbox}/mailFolders/inbox`, { token });
const write = (token: string, mailbox = ana) =>
  graph.call('POST', `${mailbox}/mailFolders`, { token, body: { displayName: `f${Math.random()}` } });
const nowSeconds = () => Math.floor(now() / 1000);

/** `of` makes the token when the test runs. */
const unacceptable: { why: string; message: string; of: () => Promise<string> }[] = [
  { why: 'none', message: 'Access token is empty.', of: async () => '' },
  {
    why: 'no JWT',
    message: 'CompactToken parsing failed with error code: 80049217',
    of: async () => 'opaque',
  },
  {
    why: 'another audience',
    message: 'Access token validation failure. Invalid audience.',
    of: () => graph.appToken({ aud: 'https://outlook.office365.com' }),
  },
  {
    why: 'another issuer',
    message: 'Access token validation failure. Invalid issuer.',
    of: () => graph.appToken({ iss: 'https://login.microsoftonline.com/other/v2.0' }),
  },
  {
    why: 'a forged signature',
    message: 'Access token validation failure. Invalid signature.',
    of: () => graph.entra.mintForged({ aud: graph.origin, roles: ['Mail.ReadWrite'] }),
  },
  {
    why: 'one that is over',
    message: 'Lifetime validation failed, the token is expired.',
    of: () => graph.appToken({ exp: nowSeconds() - 1 }),
  },
  {
    why: 'one that has not begun',
    message: 'Lifetime validation failed, the token is not yet valid.',
    of: () => graph.appToken({ nbf: nowSeconds() + 600 }),
  },
];
for (const { why, message, of } of unacceptable) {
  test(`a token is refused: ${why}`, async () => {
    const { status, json, headers } = await open(await of());
    assert.deepEqual([status, json.error.code], [401, 'InvalidAuthenticationToken']);
    assert.equal(json.error.message, message);
    assert.match(headers.get('www-authenticate') ?? '', /^Bearer realm="", authorization_uri="https:/);
  });
}

test('a token for Graph itself and one for this address are both good', async () => {
  assert.equal((await open(await graph.appToken())).status, 200);
  assert.equal((await open(await graph.appToken({ aud: graph.origin }))).status, 200);
});

test('a token ends while it is in use, and another is taken', async () => {
  const token = await graph.appToken({ exp: nowSeconds() + 60 });
  assert.equal((await open(token)).status, 200);
  aheadMs = 61_000;
  assert.equal((await open(token)).status, 401);
  assert.equal((await open(await graph.appToken())).status, 200);
  aheadMs = 0;
});

test('tokens used so far are refused on demand, another of the same second is not', async () => {
  const [used, older] = [await graph.appToken(), await graph.appToken({ iat: nowSeconds() - 10 })];
  assert.equal((await open(used)).status, 200);
  graph.refuseTokens();
  assert.equal((await open(used)).json.error.code, 'InvalidAuthenticationToken');
  assert.equal((await open(older)).status, 401);
  assert.equal((await open(await graph.appToken({ iat: nowSeconds() }))).status, 200);
});

test('tokens issued before an instant are refused', async () => {
  graph.revokeTokensBefore(now() - 60_000);
  assert.equal((await open(await graph.appToken({ iat: nowSeconds() - 65 }))).status, 401);
  assert.equal((await open(await graph.appToken({ iat: nowSeconds() - 55 }))).status, 200);
});

test('an app needs a permission: Mail.Read reads, Mail.ReadWrite writes as well', async () => {
  const reader = await graph.appToken({ roles: ['Mail.Read'] });
  assert.deepEqual([(await open(reader)).status, (await write(reader)).status], [200, 403]);
  const writer = await graph.appToken();
  assert.deepEqual([(await open(writer)).status, (await write(writer)).status], [200, 201]);
  for (const roles of [['User.Read.All'], undefined]) {
    const { status, json } = await open(await graph.appToken({ roles }));
    assert.deepEqual([status, json.error.code], [403, 'ErrorAccessDenied']);
    assert.equal(json.error.message, 'Access is denied. Check credentials and try again.');
  }
});

test('an app that was given mailboxes opens those and no others, whatever its token says', async () => {
  const azp = clientId.replace(/1$/, '7');
  graph.allowApp(azp, shared);
  for (const roles of [['Mail.ReadWrite'], undefined]) {
    const token = await graph.appToken({ azp, roles });
    assert.equal((await write(token, shared)).status, 201);
    const { status, json } = await open(token, ana);
    assert.deepEqual([status, json.error.code], [403, 'ErrorAccessDenied']);
    assert.equal(json.error.message, 'Access to OData is disabled.');
  }
  graph.allowApp(azp, ana.toUpperCase());
  assert.equal((await open(await graph.appToken({ azp }), ana)).status, 200);
  graph.allowApp(azp, 'all');
  assert.equal((await open(await graph.appToken({ azp }), bruno)).status, 200);
});

test('a person opens their own mailbox with any permission over mail', async () => {
  const token = await graph.personToken('Ana@contoso.example', { scp: 'openid Mail.ReadWrite' });
  assert.deepEqual([(await open(token)).status, (await write(token)).status], [200, 201]);
  assert.equal((await open(await graph.personToken(ana, { scp: 'Mail.Read' }))).status, 200);
  assert.equal((await write(await graph.personToken(ana, { scp: 'Mail.Read' }))).status, 403);
  assert.equal((await open(await graph.personToken(ana, { scp: 'User.Read' }))).status, 403);
  const withRoles = await graph.personToken(ana, { scp: 'User.Read', roles: ['Mail.ReadWrite'] });
  assert.equal((await open(withRoles)).status, 403, 'roles of a person are not those of an app');
});

test('a person opens a mailbox that is shared with them, with a permission for shared mail', async () => {
  const token = await graph.personToken(ana);
  assert.deepEqual([(await open(token, shared)).status, (await write(token, shared)).status], [200, 201]);
  const reader = await graph.personToken(ana, { scp: 'Mail.ReadWrite Mail.Read.Shared' });
  assert.deepEqual([(await open(reader, shared)).status, (await write(reader, shared)).status], [200, 403]);
  const own = await open(await graph.personToken(ana, { scp: 'Mail.ReadWrite' }), shared);
  assert.deepEqual([own.status, own.json.error.code], [403, 'ErrorAccessDenied']);
});

test('of a mailbox that is not shared with them a person is told that it is not there', async () => {
  const { status, json } = await open(await graph.personToken(bruno), shared);
  assert.deepEqual([status, json.error.code], [404, 'ErrorItemNotFound']);
  assert.match(json.error.message, /Default folder Root not found/);
});
