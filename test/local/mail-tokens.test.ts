// The private Dovecot and access tokens: whose it takes, for which mailbox, and from when on no more.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { createRemoteJWKSet } from 'jose';
import { requestToken } from '../../local/entra/request-token.ts';
import { useDovecot } from '../support/dovecot.ts';
import { useEntra } from '../support/entra.ts';
import { createMailTokens } from '../support/mail-tokens.ts';

const tokens = await createMailTokens();
const dovecot = await useDovecot({ oauth: { ...tokens.issuer, mechanisms: ['XOAUTH2'] } });
const { skip } = dovecot;
const entra = await useEntra();
const keys = createRemoteJWKSet(new URL(entra.jwksUri));
const entraDovecot = await useDovecot({ oauth: { issuer: entra.issuer, keys, isRevoked: entra.isRevoked } });
const newAddress = () => `user-${randomUUID()}@contoso.example`;

/** Logs in: `in`, or the code with which the server refused, at once. */
async function tried(user: string, accessToken: string, { ports, authority } = dovecot) {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: ports.imaps,
    secure: true,
    tls: { ca: authority.caPem },
    auth: { user, accessToken },
    logger: false,
    disableAutoIdle: true,
  });
  client.on('error', () => {});
  const error = await client.connect().then(
    () => undefined,
    error => error,
  );
  await client.logout();
  return error?.serverResponseCode ?? error?.message ?? 'in';
}

test('a token opens the mailbox of the person it names, and of nobody else', { skip }, async () => {
  const [ana, bruno] = [newAddress(), newAddress()];
  const token = await tokens.ofPerson(ana);
  assert.equal(await tried(ana, token), 'in');
  assert.equal(await tried(ana.toUpperCase(), token), 'in');
  assert.equal(await tried(bruno, token), 'AUTHENTICATIONFAILED');
});

test("an app's token opens every mailbox", { skip }, async () => {
  const token = await tokens.ofApp();
  for (const address of [newAddress(), newAddress()]) assert.equal(await tried(address, token), 'in');
});

test('a password goes on opening the mailbox beside it', { skip }, async () => {
  const mailbox = await dovecot.newMailbox();
  assert.match(mailbox.user, /@contoso\.example$/);
  await mailbox.deliver('INBOX', 'Subject: Hello\r\n\r\nGood morning\r\n');
  assert.equal((await mailbox.list('INBOX')).length, 1);
});

test('a token of another issuer, of another API, without the permission, or past its time opens nothing', {
  skip,
}, async () => {
  const address = newAddress();
  const strangers = await createMailTokens();
  const now = Math.floor(Date.now() / 1_000);
  const refused = {
    'of another issuer': await tokens.ofPerson(address, { iss: 'https://login.contoso.example/other/v2.0' }),
    'signed by a stranger': await strangers.ofPerson(address, { iss: tokens.issuer.issuer }),
    'of another API': await tokens.ofPerson(address, { aud: 'https://graph.microsoft.com' }),
    'for POP alone': await tokens.ofPerson(address, { scp: 'POP.AccessAsUser.All' }),
    'of an app for POP alone': await tokens.ofApp({ roles: ['POP.AccessAsApp'] }),
    'of an app without roles': await tokens.ofApp({ roles: undefined }),
    'past its time': await tokens.ofPerson(address, { exp: now - 1 }),
    'before its time': await tokens.ofPerson(address, { nbf: now + 60 }),
    'no token': 'nothing',
  };
  for (const [what, token] of Object.entries(refused)) {
    assert.equal(await tried(address, token), 'AUTHENTICATIONFAILED', what);
  }
});

test('what the local Entra ID issues is taken, until it takes it back', {
  skip: entraDovecot.skip,
}, async () => {
  const { mailApps, tokenEndpoint } = entra;
  const app = { ...mailApps.secret, scope: 'https://outlook.office365.com/.default' };
  const newToken = () => requestToken(tokenEndpoint, app, entraDovecot.authority.caPem);
  const address = newAddress();
  const token = await newToken();
  assert.equal(await tried(address, token, entraDovecot), 'in');
  entra.invalidateTokens();
  assert.equal(await tried(address, token, entraDovecot), 'AUTHENTICATIONFAILED');
  assert.equal(await tried(address, await newToken(), entraDovecot), 'in');
  entra.setPermissions(app.clientId, ['POP.AccessAsApp']);
  assert.equal(await tried(address, await newToken(), entraDovecot), 'AUTHENTICATIONFAILED');
});

test('XOAUTH2 can be the only mechanism for tokens that is offered', { skip }, async () => {
  const socket = connect(dovecot.ports.imap, '127.0.0.1');
  const [greeting] = await once(socket, 'data');
  socket.destroy();
  assert.match(String(greeting), /AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2\]/);
});
