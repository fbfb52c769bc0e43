// The rules of a mailbox that is read as an app of Entra ID: over Graph, and over IMAP and POP3 with tokens.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as x509 from '@peculiar/x509';
import { applyMergePatch, type JsonObject } from '../../../shared/domain/merge-patch.ts';
import { claimsOf } from '../../../shared/domain/service/claims.ts';
import type { ServiceContext } from '../../../shared/domain/service/context.ts';
import { readServiceDocument, toDocument } from '../../../shared/domain/service/document.ts';
import type { OAuth, SecretName, Service } from '../../../shared/domain/service/service.ts';
import { context, id, refusalOf, valid } from './example.ts';

const clientId = '11111111-2222-3333-4444-555555555555';
const callback = 'https://malote.empresa.com.br/api/oauth/callback';
const auth = {
  type: 'oauth',
  flow: 'clientCredentials',
  clientId,
  tenantId: 'empresa.onmicrosoft.com',
  clientSecret: 'qVu8Q~secret',
};
const graph: JsonObject = {
  ...valid,
  mailbox: {
    protocol: 'graph',
    address: 'suporte@empresa.com.br',
    afterRead: { action: 'move', folder: 'Lidos/2026' },
    auth,
  },
};
const overImap: JsonObject = applyMergePatch(valid, {
  mailbox: { host: 'outlook.office365.com', auth: { ...auth, password: null } },
});

const read = (document: JsonObject, patch: JsonObject = {}, given: Partial<ServiceContext> = {}) =>
  readServiceDocument(id, applyMergePatch(document, patch), { ...context, ...given });
const authOf = ({ mailbox }: Service) => mailbox.auth as OAuth;
/** A change of a service that keeps a secret. */
const change = (service: Service, patch: JsonObject, kept: SecretName, given: Partial<ServiceContext> = {}) =>
  read(toDocument(service), patch, { current: service, keptSecrets: new Set([kept]), ...given });
const inAuth = (patch: JsonObject) => ({ mailbox: { auth: patch } });

test('a mailbox over Graph has no server, and its login is its address', () => {
  const { service, secrets } = read(graph);
  assert.deepEqual(secrets, { clientSecret: 'qVu8Q~secret' });
  assert.deepEqual(service.mailbox, {
    protocol: 'graph',
    address: 'suporte@empresa.com.br',
    username: 'suporte@empresa.com.br',
    folder: 'INBOX',
    afterRead: { action: 'move', folder: 'Lidos/2026' },
    authservId: null,
    auth: {
      type: 'oauth',
      flow: 'clientCredentials',
      clientId,
      tenantId: 'empresa.onmicrosoft.com',
      redirectUri: null,
      clientSecretExpiresAt: null,
      clientCertificateExpiresAt: null,
      clientAssertion: null,
    },
  });
});

test('Microsoft 365 is read over IMAP and POP3 with tokens', () => {
  assert.equal(read(overImap).service.mailbox.auth.type, 'oauth');
  const pop3 = { mailbox: { protocol: 'pop3', afterRead: { action: 'delete', folder: null } } };
  assert.equal(read(overImap, pop3).service.mailbox.protocol, 'pop3');
});

test('the flow for a person has our callback, whether it is written or not', () => {
  const flow = { flow: 'authorizationCode' };
  assert.equal(authOf(read(graph, inAuth(flow)).service).redirectUri, callback);
  assert.equal(authOf(read(graph, inAuth({ ...flow, redirectUri: callback })).service).redirectUri, callback);
});

test('a callback that was ours before publicUrl changed does not keep a service from being mended', () => {
  const before = read(graph, inAuth({ flow: 'authorizationCode' })).service;
  const moved = { callbackUrl: 'https://outra.empresa.com.br/api/oauth/callback' };
  const { service } = change(before, { active: false }, 'clientSecret', moved);
  assert.deepEqual([service.active, authOf(service).redirectUri], [false, callback]);
  const renewed = change(before, inAuth({ redirectUri: null }), 'clientSecret', moved);
  assert.equal(authOf(renewed.service).redirectUri, moved.callbackUrl);
});

test('the day on which a secret expires is kept as an instant, and lasts through changes', () => {
  const { service } = read(graph, inAuth({ clientSecretExpiresAt: '2027-03-01' }));
  assert.equal(authOf(service).clientSecretExpiresAt, '2027-03-01T00:00:00.000Z');
  const changed = change(service, { discardDisabled: true }, 'clientSecret').service;
  assert.equal(authOf(changed).clientSecretExpiresAt, '2027-03-01T00:00:00.000Z');
});

test('a certificate stands in the place of a secret, and tells itself until when it is valid', async () => {
  const certificate = await certificateWithKey('2028-05-06T07:08:09Z');
  const inItsPlace = inAuth({ clientSecret: null, clientCertificate: certificate });
  const { service, secrets } = read(graph, inItsPlace);
  assert.deepEqual(Object.keys(secrets), ['clientCertificate']);
  assert.equal(authOf(service).clientCertificateExpiresAt, '2028-05-06T07:08:09.000Z');
  const kept = change(service, { discardDisabled: true }, 'clientCertificate').service;
  assert.equal(authOf(kept).clientCertificateExpiresAt, '2028-05-06T07:08:09.000Z');
  const { service: secret } = read(graph, inAuth({ clientSecretExpiresAt: '2027-03-01' }));
  const instead = change(secret, inAuth({ clientCertificate: certificate }), 'clientSecret').service;
  assert.equal(authOf(instead).clientSecretExpiresAt, null, 'the day was that of the secret');
  const back = change(service, inAuth({ clientSecret: 'again' }), 'clientCertificate').service;
  assert.equal(authOf(back).clientCertificateExpiresAt, null);
});

test('who goes back to a password is told to clear what belongs to the app', () => {
  const { service } = read(overImap, inAuth({ clientSecretExpiresAt: '2027-03-01' }));
  const basic = { mailbox: { host: 'imap.empresa.com.br', auth: { type: 'basic', password: 'senha' } } };
  const { fields } = refusalOf(() => change(service, basic, 'clientSecret'));
  const left = ['flow', 'clientId', 'tenantId', 'clientSecretExpiresAt'].map(name => `mailbox.auth.${name}`);
  assert.deepEqual(
    fields.map(({ field }) => field),
    left,
  );
  for (const { message } of fields) assert.match(message, /belongs to auth type "oauth"; clear it with null/);
  const cleared = { flow: null, clientId: null, tenantId: null, clientSecretExpiresAt: null };
  const whole = { mailbox: { ...basic.mailbox, auth: { ...basic.mailbox.auth, ...cleared } } };
  assert.deepEqual(change(service, whole, 'clientSecret').service.mailbox.auth, { type: 'basic' });
});

test('a mailbox of Microsoft is one, whichever way it is read', () => {
  const keys = [
    graph,
    overImap,
    applyMergePatch(overImap, { mailbox: { host: 'outlook.office.com' } }),
    applyMergePatch(graph, { mailbox: { address: 'Suporte@empresa.com.br', folder: 'inbox' } }),
  ].map(document => claimsOf(document).loginKey);
  assert.deepEqual([new Set(keys).size, typeof keys[0]], [1, 'string']);
  assert.notEqual(claimsOf(valid).loginKey, keys[0]);
});

const clientCure =
  'give the "Application (client) ID" of the app registration, such as 11111111-2222-3333-4444-555555555555';
const tenantCure =
  'give the "Directory (tenant) ID" of the app registration, or a domain of the tenant such as empresa.onmicrosoft.com';
const flows =
  '"clientCredentials" (the app reads by a permission of its own) or "authorizationCode" (for a person who consents in a browser)';
const expiryCure = 'give the day on which the secret expires, such as 2027-03-01, as Entra ID shows it';
const certificateCure =
  'give the certificate that was uploaded to the app registration together with its unencrypted private key, both in PEM';
const callbackCure = 'the callback of this app; leave it out, and register it in Entra ID as it stands here';

test('tokens go to servers of Microsoft alone, and to private ones where these are allowed', () => {
  const at = (host: string, allowPrivateHosts = false) =>
    read(overImap, { mailbox: { host } }, { limits: { ...context.limits, allowPrivateHosts } });
  for (const host of ['outlook.office365.com', 'outlook.office365.us', 'partner.outlook.cn']) at(host);
  at('127.0.0.1', true);
  for (const [host, isAllowed] of [
    ['imap.gmail.com', true],
    ['outlook.office365.com.evil.example', true],
    ['imap.empresa.com.br', false],
  ] as const) {
    const { fields } = refusalOf(() => at(host, isAllowed));
    assert.match(fields[0]?.message ?? '', /^mailbox\.host is not a server of Microsoft 365/);
  }
});

describe('is refused:', () => {
  const faults: [patch: JsonObject, field: string, says: string, document?: JsonObject][] = [
    [inAuth({ flow: null }), 'flow', `is required; choose ${flows}`],
    [inAuth({ flow: 'password' }), 'flow', `must be ${flows}`],
    [inAuth({ clientId: null }), 'clientId', `is required; ${clientCure}`],
    [inAuth({ clientId: 'malote' }), 'clientId', `is not a GUID; ${clientCure}`],
    [inAuth({ tenantId: null }), 'tenantId', `is required; ${tenantCure}`],
    [inAuth({ tenantId: 'common' }), 'tenantId', `is not the id of one tenant; ${tenantCure}`],
    [inAuth({ tenantId: 'a/b' }), 'tenantId', `is not the id of one tenant; ${tenantCure}`],
    [inAuth({ clientSecret: '' }), 'clientSecret', 'is empty; give the value of the client secret'],
    [
      inAuth({ clientSecret: null }),
      'clientSecret',
      'is required; give the value of the client secret, a certificate in clientCertificate, or "managedIdentity" in clientAssertion',
    ],
    [inAuth({ clientSecretExpiresAt: 'soon' }), 'clientSecretExpiresAt', `must be a date; ${expiryCure}`],
    [
      inAuth({ redirectUri: callback }),
      'redirectUri',
      'belongs to flow "authorizationCode"; clear it with null',
    ],
    [
      inAuth({ flow: 'authorizationCode', redirectUri: 'https://evil.example/callback' }),
      'redirectUri',
      `must be "${callback}", ${callbackCure}`,
    ],
    [
      inAuth({ clientSecretSet: true }),
      'clientSecretSet',
      'only tells whether there is a secret; leave it out, and give clientSecret to set one',
    ],
    [inAuth({ clientCertificate: 'x' }), 'clientCertificate', `holds no certificate; ${certificateCure}`],
    [inAuth({ type: 'basic' }), 'type', 'must be "oauth": Microsoft Graph takes no passwords'],
    [inAuth({ password: 'x' }), 'password', 'belongs to auth type "basic"; leave it out'],
    [
      inAuth({ type: 'x' }),
      'type',
      'must be "basic" (login and password) or "oauth" (Microsoft 365)',
      overImap,
    ],
  ];
  for (const [patch, member, says, document = graph] of faults) {
    test(`${member} ${says.slice(0, 50)}: ${JSON.stringify(patch)}`, () => {
      const field = `mailbox.auth.${member}`;
      const { fields } = refusalOf(() => read(document, patch));
      assert.deepEqual(fields, [{ field, message: `${field} ${says}.` }]);
    });
  }

  for (const [member, value] of Object.entries({
    host: 'outlook.office365.com',
    port: 993,
    tls: 'implicit',
    caCertificate: 'x',
    username: 'x',
  })) {
    test(`${member}, which Graph has no use for`, () => {
      const { fields } = refusalOf(() => read(graph, { mailbox: { [member]: value } }));
      assert.deepEqual(
        fields.map(({ field }) => field),
        [`mailbox.${member}`],
      );
      assert.match(fields[0]?.message ?? '', /clear it with null/);
    });
  }

  test('a certificate without its key, with another key, or beside a secret', async () => {
    const [one, other] = await Promise.all([certificateWithKey(), certificateWithKey()]);
    const certificate = one.slice(one.indexOf('-----BEGIN CERTIFICATE'));
    const otherKey = other.slice(0, other.indexOf('-----BEGIN CERTIFICATE'));
    const says = (clientCertificate: string, clientSecret: string | null = null) =>
      refusalOf(() => read(graph, inAuth({ clientSecret, clientCertificate }))).fields.map(
        ({ message }) => message.split(';')[0],
      );
    assert.deepEqual(says(certificate), [
      'mailbox.auth.clientCertificate holds no private key that can be read',
    ]);
    assert.deepEqual(says(otherKey + certificate), [
      'mailbox.auth.clientCertificate holds a private key that does not belong to its certificate',
    ]);
    assert.deepEqual(says(await certificateWithKey(undefined, elliptic)), [
      'mailbox.auth.clientCertificate holds a key that is not of RSA',
    ]);
    assert.deepEqual(says(one, 'secret'), ['mailbox.auth.clientCertificate is given beside clientSecret']);
  });

  const places: JsonObject[] = [
    { auth: { tenantId: 'outra.onmicrosoft.com' } },
    { auth: { clientId: '99999999-2222-3333-4444-555555555555' } },
    { address: 'outro@empresa.com.br' },
    { protocol: 'imap', host: 'outlook.office365.com', tls: 'implicit' },
  ];
  for (const place of places) {
    test(`a kept secret in a new place: ${JSON.stringify(place)}`, () => {
      const { service } = read(graph);
      const { fields } = refusalOf(() => change(service, { mailbox: place }, 'clientSecret'));
      assert.deepEqual(fields, [
        {
          field: 'mailbox.auth.clientSecret',
          message:
            'mailbox.auth.clientSecret must be given again when the host, port, TLS, login, authority, tenant or client changes: a stored secret is never sent to a new place.',
        },
      ]);
    });
  }

  test('another way to log in without its secret: the kept one is of the old way', () => {
    const { service } = read(overImap);
    const basic = {
      host: 'imap.empresa.com.br',
      auth: { type: 'basic', flow: null, clientId: null, tenantId: null },
    };
    const { fields } = refusalOf(() => change(service, { mailbox: basic }, 'clientSecret'));
    assert.deepEqual(
      fields.map(({ message }) => message),
      ['mailbox.auth.password is required; give the password of the mailbox.'],
    );
  });
});

const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
};
const elliptic = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Private key and certificate in PEM, as people export them together. */
async function certificateWithKey(
  notAfter = '2030-01-01T00:00:00Z',
  algorithm: typeof rsa | typeof elliptic = rsa,
) {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=malote',
    notBefore: new Date('2026-01-01'),
    notAfter: new Date(notAfter),
    signingAlgorithm: algorithm,
    keys,
  });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = key.replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n${certificate.toString('pem')}\n`;
}
