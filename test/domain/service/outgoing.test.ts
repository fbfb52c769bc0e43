// The server that a mailbox sends by: its rules, and that no secret is sent to a new place by a change alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyMergePatch, type JsonObject } from '../../../shared/domain/merge-patch.ts';
import type { ServiceContext } from '../../../shared/domain/service/context.ts';
import { readServiceDocument, toDocument } from '../../../shared/domain/service/document.ts';
import type { SecretName, Service } from '../../../shared/domain/service/service.ts';
import type { MaloteError } from '../../../shared/errors.ts';
import { context, id, read, serverOf } from './example.ts';

const host = 'smtp.empresa.com.br';
const outgoing = { host, tls: 'starttls' };
const own = { ...outgoing, username: 'envio', password: 'outra' };
const sending = { survey: { type: 'standard', delivery: 'mailbox' } };

/** The fields that are refused; empty when the change is taken. */
function refused(
  current: Service,
  patch: JsonObject,
  kept: SecretName[] = ['password'],
  given: Partial<ServiceContext> = {},
) {
  try {
    const document = applyMergePatch(toDocument(current), patch);
    readServiceDocument(id, document, { ...context, current, keptSecrets: new Set(kept), ...given });
    return [];
  } catch (error) {
    return (error as MaloteError).fields.map(({ field }) => field);
  }
}

test('the port follows the kind of TLS, and the login is that of the mailbox', () => {
  const of = (written: JsonObject) => serverOf(read({ mailbox: { outgoing: written } }).service).outgoing;
  assert.deepEqual(of(outgoing), { host, port: 587, tls: 'starttls', username: null });
  assert.deepEqual(of({ host, tls: 'implicit' })?.port, 465);
  const { service, secrets } = read({ mailbox: { outgoing: own } });
  assert.deepEqual([serverOf(service).outgoing?.username, secrets.outgoingPassword], ['envio', 'outra']);
  assert.doesNotMatch(JSON.stringify(service), /outra/);
});

test('what is sent back as it is written changes nothing', () => {
  const { service } = read({ mailbox: { outgoing: own } });
  assert.deepEqual(refused(service, {}, ['password', 'outgoingPassword']), []);
});

test('a service whose mailbox sends needs a server to send by, unless it is read over Graph', () => {
  const { service } = read();
  assert.deepEqual(refused(service, sending), ['mailbox.outgoing']);
  assert.deepEqual(refused(service, { ...sending, mailbox: { outgoing: own } }), []);
});

test('hosts, ports and TLS are those that mail is sent by', () => {
  const { service } = read();
  const field = (change: JsonObject) => refused(service, { mailbox: { outgoing: { ...own, ...change } } });
  assert.deepEqual(field({ port: 25 }), ['mailbox.outgoing.port']);
  assert.deepEqual(field({ port: 993 }), ['mailbox.outgoing.port']);
  assert.deepEqual(field({ tls: 'none' }), ['mailbox.outgoing.tls']);
  assert.deepEqual(field({ host: '10.0.0.1' }), ['mailbox.outgoing.host']);
  assert.deepEqual(field({ password: null }), ['mailbox.outgoing.password']);
  assert.deepEqual(field({ username: null }), ['mailbox.auth.password', 'mailbox.outgoing.password']);
});

test('the password of the mailbox is shown to no new server by a change alone', () => {
  const { service } = read();
  assert.deepEqual(refused(service, { mailbox: { outgoing } }), ['mailbox.auth.password']);
  assert.deepEqual(refused(service, { mailbox: { outgoing, auth: { password: 'correct horse' } } }), []);
  const with587 = read({ mailbox: { outgoing } }).service;
  assert.deepEqual(refused(with587, { name: 'Outro' }), []);
  for (const change of [{ host: 'smtp.evil.example' }, { port: 465 }, { tls: 'implicit' }]) {
    assert.deepEqual(
      refused(with587, { mailbox: { outgoing: change } }),
      ['mailbox.auth.password'],
      JSON.stringify(change),
    );
  }
  const ofItsOwn = read({ mailbox: { outgoing: own } }).service;
  const kept: SecretName[] = ['password', 'outgoingPassword'];
  // Its own login given up, that of the mailbox would be shown there.
  assert.deepEqual(refused(ofItsOwn, { mailbox: { outgoing: { username: null } } }, kept), [
    'mailbox.auth.password',
  ]);
});

test('a password of its own is bound to its place, and no other secret', () => {
  const { service } = read({ mailbox: { outgoing: own } });
  const kept: SecretName[] = ['password', 'outgoingPassword'];
  for (const change of [
    { host: 'smtp.evil.example' },
    { port: 465 },
    { tls: 'implicit' },
    { username: 'x' },
  ]) {
    assert.deepEqual(refused(service, { mailbox: { outgoing: change } }, kept), [
      'mailbox.outgoing.password',
    ]);
    assert.deepEqual(refused(service, { mailbox: { outgoing: { ...change, password: 'nova' } } }, kept), []);
  }
  const cleared = { clearedSecrets: new Set<SecretName>(['outgoingPassword']) };
  assert.deepEqual(refused(service, {}, kept, cleared), ['mailbox.outgoing.password']);
  assert.deepEqual(refused(service, { mailbox: { outgoing: null } }, kept), []);
});

test('tokens are sent by Microsoft alone, and need nothing again there', () => {
  const auth = {
    type: 'oauth',
    flow: 'clientCredentials',
    clientId: '11111111-2222-3333-4444-555555555555',
    tenantId: 'empresa.onmicrosoft.com',
    clientSecret: 'valor',
    password: null,
  };
  const { service } = read({ mailbox: { host: 'outlook.office365.com', auth } });
  const field = (written: JsonObject) =>
    refused(service, { mailbox: { outgoing: written } }, ['clientSecret']);
  assert.deepEqual(field({ host: 'smtp.office365.com', tls: 'starttls' }), []);
  assert.ok(field(outgoing).includes('mailbox.outgoing.host'));
  assert.deepEqual(field(own), []);
});
