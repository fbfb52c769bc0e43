// The rules of an app that the managed identity proves: it has no secret of its own, and its tokens go to Microsoft alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMergePatch, type JsonObject } from '../../../shared/domain/merge-patch.ts';
import type { ServiceContext } from '../../../shared/domain/service/context.ts';
import { readServiceDocument, toDocument } from '../../../shared/domain/service/document.ts';
import { readOnlyMembers } from '../../../shared/domain/service/read-only.ts';
import type { OAuth, SecretName, Service } from '../../../shared/domain/service/service.ts';
import { context, id, refusalOf, valid } from './example.ts';

const graph: JsonObject = {
  ...valid,
  mailbox: {
    protocol: 'graph',
    address: 'suporte@empresa.com.br',
    afterRead: { action: 'delete' },
    auth: {
      type: 'oauth',
      flow: 'clientCredentials',
      clientId: '11111111-2222-3333-4444-555555555555',
      tenantId: 'empresa.onmicrosoft.com',
      clientAssertion: 'managedIdentity',
    },
  },
};
const inAuth = (patch: JsonObject) => ({ mailbox: { auth: patch } });
const read = (document: JsonObject, patch: JsonObject = {}, given: Partial<ServiceContext> = {}) =>
  readServiceDocument(id, applyMergePatch(document, patch), { ...context, ...given });
const change = (current: Service, patch: JsonObject, kept: SecretName[] = []) =>
  read(toDocument(current), patch, { current, keptSecrets: new Set(kept) });
const authOf = ({ mailbox }: Service) => mailbox.auth as OAuth;
const messages = (run: () => unknown) => refusalOf(run).fields.map(({ message }) => message);

test('it stands in the place of a secret, in both flows', () => {
  for (const flow of ['clientCredentials', 'authorizationCode']) {
    const { service, secrets } = read(graph, inAuth({ flow }));
    assert.deepEqual(secrets, {});
    assert.equal(authOf(service).clientAssertion, 'managedIdentity');
    assert.equal(
      authOf(change(service, { discardDisabled: true }).service).clientAssertion,
      'managedIdentity',
    );
  }
});

test('a service shows it, and that there is no secret', () => {
  const { service } = read(graph);
  const at = '2026-11-01T00:00:00.000Z';
  const shown = readOnlyMembers({ service, createdAt: at, updatedAt: at, secretNames: new Set() });
  assert.deepEqual(shown.mailbox.auth, {
    clientSecretSet: false,
    clientCertificateSet: false,
    clientCertificateExpiresAt: null,
  });
});

test('a secret that is kept goes when it comes, and with it the day on which it ends', () => {
  const secret = { clientAssertion: null, clientSecret: 'qVu8Q~secret', clientSecretExpiresAt: '2027-03-01' };
  const before = read(graph, inAuth(secret)).service;
  const after = change(before, inAuth({ clientAssertion: 'managedIdentity' }), ['clientSecret']).service;
  assert.deepEqual(
    [authOf(after).clientAssertion, authOf(after).clientSecretExpiresAt],
    ['managedIdentity', null],
  );
});

test('who goes back to a secret clears it, and gives the secret', () => {
  const { service } = read(graph);
  const back = change(service, inAuth({ clientAssertion: null, clientSecret: 'qVu8Q~secret' }));
  assert.equal(authOf(back.service).clientAssertion, null);
  assert.deepEqual(
    messages(() => change(service, inAuth({ clientAssertion: null }))),
    [
      'mailbox.auth.clientSecret is required; give the value of the client secret, a certificate in clientCertificate, or "managedIdentity" in clientAssertion.',
    ],
  );
  assert.deepEqual(
    messages(() => change(service, inAuth({ clientSecret: 'qVu8Q~secret' }))),
    [
      'mailbox.auth.clientSecret is given beside clientAssertion; leave it out, or clear clientAssertion with null.',
    ],
  );
});

test('there is one such proof', () => {
  const [message = ''] = messages(() => read(graph, inAuth({ clientAssertion: 'github' })));
  assert.match(message, /^mailbox\.auth\.clientAssertion is no such proof; give "managedIdentity" where/);
});

test('another tenant, app or address needs nothing again: there is no secret to be sent anywhere', () => {
  const { service } = read(graph);
  const changes = [
    inAuth({ tenantId: 'outra.onmicrosoft.com' }),
    { mailbox: { address: 'b@empresa.com.br' } },
  ];
  for (const patch of changes) assert.ok(change(service, patch));
});

test('its tokens go to servers of Microsoft alone, even where private ones are allowed', () => {
  const limits = { ...context.limits, allowPrivateHosts: true };
  const over = (host: string, outgoing?: JsonObject) =>
    read(
      graph,
      { mailbox: { protocol: 'imap', host, tls: 'implicit', ...(outgoing ? { outgoing } : {}) } },
      { limits },
    );
  assert.ok(over('outlook.office365.com', { host: 'smtp.office365.com', tls: 'starttls' }));
  assert.match(messages(() => over('127.0.0.1'))[0] ?? '', /^mailbox\.host is not a server of Microsoft 365/);
  const elsewhere = () => over('outlook.office365.com', { host: '127.0.0.1', tls: 'starttls' });
  assert.match(messages(elsewhere)[0] ?? '', /^mailbox\.outgoing\.host is not a server of Microsoft 365/);
});
