// The secrets of the webhook: shown once, two at most, good and bad at once; and the deployment's keys, changed while links are out.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, test } from 'node:test';
import { createInvitation, findInvitation, replaceInvitation } from '../../shared/azure/surveys-store.ts';
import { readWebhookSecrets, writeWebhookSecrets } from '../../shared/azure/webhook-secrets-store.ts';
import { liveWebhookSecrets } from '../../shared/flows/services/webhook-secrets.ts';
import { findByToken, linkOf } from '../../shared/flows/surveys/links.ts';
import { seal } from '../../shared/secrets.ts';
import { apiKeys, serviceNamed, startApi } from '../http/api.ts';
import { invitation } from '../support/invitation.ts';
import { signedHeaders } from '../support/signed.ts';
import { until } from '../support/until.ts';

const api = await startApi({}, ['webhook-secrets', 'attendances', 'audit']);
after(() => api.close());
const path = '/api/settings/webhook-secrets';
const { catalog, surveys } = api.database;

const make = () => api.call('POST', path);
const list = async () => (await api.call('GET', path)).json.items;
const remove = (id: string) => api.call('DELETE', `${path}/${id}`);
/** A call that is let in is told that it says nothing. */
const statusFor = async (secret: string | string[]) => {
  const headers = signedHeaders('{}', secret);
  const response = await fetch(`${api.url}/api/webhook/attendances/closed`, {
    method: 'POST',
    headers,
    body: '{}',
  });
  await response.arrayBuffer();
  return response.status;
};

afterEach(async () => {
  for (const { id } of await list()) await remove(id);
});

test('a secret is shown when it is made, and never again', async () => {
  const { status, json } = await make();
  assert.equal(status, 201);
  assert.match(json.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.deepEqual(await list(), [{ id: json.id, createdAt: json.createdAt }]);
  assert.ok(!JSON.stringify((await readWebhookSecrets(catalog)).value).includes(json.secret.slice(6)));
  assert.ok(!api.logged().includes(json.secret));
});

test('there are two at most, also when many are asked for at once', async () => {
  const made = await Promise.all(Array.from({ length: 6 }, make));
  const statuses = made.map(({ status }) => status);
  assert.deepEqual(statuses.filter(status => status === 201).length, 2, statuses.join());
  assert.equal((await list()).length, 2);
  const { status, json } = await make();
  assert.equal(status, 409);
  assert.match(json.detail, /^There are 2 webhook secrets already; delete the one that is no longer used/);
});

test('a secret is good at once and bad at once: one takes the place of the other without a call being lost', async () => {
  const { json: first } = await make();
  assert.equal(await statusFor(first.secret), 422);
  const { json: second } = await make();
  assert.deepEqual([await statusFor(first.secret), await statusFor(second.secret)], [422, 422]);
  assert.equal((await remove(first.id)).status, 204);
  assert.deepEqual([await statusFor(first.secret), await statusFor(second.secret)], [401, 422]);
  assert.equal(await statusFor([first.secret, second.secret]), 422);
  assert.equal((await remove(first.id)).status, 404);
});

test('only administrators make, see and delete them', async () => {
  for (const as of ['Supervisor', 'Platform'] as const) {
    for (const [method, at] of [
      ['GET', path],
      ['POST', path],
      ['DELETE', `${path}/x`],
      ['GET', '/api/settings/keys'],
    ] as const)
      assert.equal((await api.call(method, at, { as })).status, 403);
  }
});

test('the trail has who made and deleted one, and not the secret', async () => {
  const { json } = await make();
  await remove(json.id);
  const entries = await until('both entries', async () => {
    const { items } = (await api.call('GET', `/api/audit?kind=webhookSecret&target=${json.id}`)).json;
    return items.length === 2 && items;
  });
  assert.deepEqual(
    entries.map(({ action, changes }: { action: string; changes: unknown }) => [action, changes]).toSorted(),
    [
      ['created', [{ field: 'secret', from: null, to: '***' }]],
      ['deleted', [{ field: 'secret', from: '***', to: null }]],
    ],
  );
});

test('the key of the deployment is changed while links are out and calls go on', async () => {
  const [current, previous] = [2, 1].map(n => ({ id: `k${n}`, key: Buffer.alloc(32, n) }));
  assert.ok(current && previous);
  // What was made under the former key.
  const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
  const { etag } = await readWebhookSecrets(catalog);
  const sealed = seal([previous], secret, 'settings/webhook-secrets/old');
  const createdAt = '2026-03-02T18:00:00.000Z';
  assert.ok(await writeWebhookSecrets(catalog, [{ id: 'old', createdAt, secret: sealed }], etag));
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const old = invitation({ attendanceId: 'A-old', keyId: 'k1', expiresAt });
  await createInvitation(surveys, old);
  const link = linkOf([previous], old, 'https://pesquisa.example');
  const { publicUrl } = (await api.call('GET', '/api/settings')).json;
  assert.equal(publicUrl, null);
  const settings = await api.call('GET', '/api/settings');
  await api.call('PATCH', '/api/settings', {
    ifMatch: settings.etag,
    body: { publicUrl: 'https://pesquisa.example' },
  });

  // The call is let in, and answers the link that is out.
  const body = JSON.stringify({ attendanceId: 'A-old', serviceId: 'sac', closedAt: createdAt });
  const response = await fetch(`${api.url}/api/webhook/attendances/closed`, {
    method: 'POST',
    headers: signedHeaders(body, secret),
    body,
  });
  assert.equal(response.status, 200);
  assert.equal(((await response.json()) as { link: string }).link, link);
  // The secret is under the new key by now, the invitation stays under its own.
  const only = { config: { secretKeys: [current] } } as never as Parameters<typeof liveWebhookSecrets>[0];
  assert.deepEqual(await liveWebhookSecrets({ ...only, database: api.database }), [secret]);
  const keys = async () => (await api.call('GET', '/api/settings/keys')).json.keys;
  assert.deepEqual(await keys(), [
    { id: 'k2', use: 'current', openInvitations: 0, services: 0 },
    { id: 'k1', use: 'previous', openInvitations: 1, services: 0 },
  ]);
  const token = link.split('/').at(-1) ?? '';
  const open = (secretKeys: (typeof current)[]) =>
    findByToken({ config: { secretKeys } as never, database: api.database }, token, new Date());
  assert.equal((await open([current, previous]))?.value.attendanceId, 'A-old');
  await assert.rejects(open([current]), /SECRET_KEY_PREVIOUS: links of surveys were made under the key "k1"/);

  // Once it has expired nothing hangs on the former key, but for a service with a secret of its own.
  const found = await findInvitation(surveys, old.invitationId);
  await replaceInvitation(surveys, { ...old, expiresAt: createdAt }, found?.etag ?? '');
  await api.call('PUT', '/api/groups/vendas', { body: { name: 'Vendas' } });
  await api.call('POST', '/api/services', { body: serviceNamed('Vendas', 'vendas') });
  assert.deepEqual(await keys(), [
    { id: 'k2', use: 'current', openInvitations: 0, services: 1 },
    { id: 'k1', use: 'previous', openInvitations: 0, services: 0 },
  ]);
});

test('a secret whose key is gone keeps the other one from nothing, and is told only where it is the last', async () => {
  const gone = { id: 'gone', key: randomBytes(32) };
  const kept = (id: string, key: typeof gone) => ({
    id,
    createdAt: '2026-03-02T12:00:00.000Z',
    secret: seal([key], `whsec_${id}`, `settings/webhook-secrets/${id}`),
  });
  const live = () => liveWebhookSecrets({ config: { secretKeys: apiKeys } as never, database: api.database });
  const keep = async (...secrets: ReturnType<typeof kept>[]) =>
    assert.ok(await writeWebhookSecrets(catalog, secrets, (await readWebhookSecrets(catalog)).etag));
  await keep(kept('a', gone), kept('b', apiKeys[0]));
  assert.deepEqual(await live(), ['whsec_b']);
  await keep(kept('a', gone));
  await assert.rejects(live(), { code: 'secret_unreadable', cure: /Delete the webhook secret "a"/ });
});
