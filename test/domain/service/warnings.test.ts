// What an administrator is warned of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OAuth } from '../../../shared/domain/service/service.ts';
import { warningsOf, warningsOfSecrets } from '../../../shared/domain/service/warnings.ts';
import { read } from './example.ts';

const { service } = read();
const expiring = (expiry: Partial<OAuth>) => {
  const auth = { type: 'oauth', clientSecretExpiresAt: null, clientCertificateExpiresAt: null, ...expiry };
  return { ...service, mailbox: { ...service.mailbox, auth: auth as OAuth } };
};
const now = new Date('2026-11-22T12:00:00Z');
const messages = (expiry: Partial<OAuth>) =>
  warningsOf(expiring(expiry), now).map(({ message }) => message.split(',')[0]);

test('a secret is warned of thirty days before it expires, and when it has', () => {
  assert.deepEqual(messages({ clientSecretExpiresAt: '2026-12-22T12:00:01.000Z' }), []);
  assert.deepEqual(messages({ clientSecretExpiresAt: '2026-12-22T12:00:00.000Z' }), [
    'mailbox.auth.clientSecret expires on 2026-12-22',
  ]);
  assert.deepEqual(messages({ clientSecretExpiresAt: '2026-11-22T00:00:00.000Z' }), [
    'mailbox.auth.clientSecret expired on 2026-11-22',
  ]);
});

test('the warning ends when the day is set that the new secret expires on', () => {
  const [warning] = warningsOf(expiring({ clientSecretExpiresAt: '2026-11-22T00:00:00.000Z' }), now);
  assert.match(warning?.message ?? '', /and set it here, and clientSecretExpiresAt with it\.$/);
});

test('a certificate is warned of in the same way', () => {
  assert.deepEqual(messages({ clientCertificateExpiresAt: '2026-12-01T00:00:00.000Z' }), [
    'mailbox.auth.clientCertificate expires on 2026-12-01',
  ]);
});

test('passwords, and secrets without a known end, are not warned of', () => {
  assert.deepEqual([warningsOf(service, now), messages({})], [[], []]);
});

test('a GUID as a secret is most likely its ID', () => {
  const guid = '11111111-2222-3333-4444-555555555555';
  assert.equal(warningsOfSecrets({ clientSecret: guid }).length, 1);
  assert.deepEqual(warningsOfSecrets({ clientSecret: 'qVu8Q~secret' }), []);
  assert.deepEqual(warningsOfSecrets({ password: guid }), []);
});

test('a start in the future is warned of, until it has come', () => {
  const { readFromAt } = service;
  const at = (ms: number) => new Date(Date.parse(readFromAt) + ms);
  const [warning, ...others] = warningsOf(service, at(-1));
  assert.deepEqual([warning?.field, others], ['readFrom', []]);
  assert.match(
    warning?.message ?? '',
    new RegExp(`in the future .*before ${readFromAt}.*set an earlier date`),
  );
  assert.deepEqual(warningsOf(service, at(0)), []);
});
