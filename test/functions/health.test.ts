// Health of an app that is not set up: it answers, and says which settings it misses.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { type Host, startHost } from '../../local/host/host.ts';

const settings = {
  ServiceBus: 'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=n;SharedAccessKey=k;',
  COSMOS_ENDPOINT: 'https://127.0.0.1:1/',
  BLOB_CONNECTION_STRING: 'UseDevelopmentStorage=true',
  ENTRA_ISSUER: 'https://login.example/v2.0',
  ENTRA_AUDIENCE: 'api://malote',
  SECRET_KEY_CURRENT: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
};
let host: Host;

before(async () => {
  for (const name of Object.keys(settings)) delete process.env[name];
  host = await startHost({
    appDir: resolve(import.meta.dirname, '../..'),
    entryPoints: ['functions/setup.ts', 'functions/health.ts', 'functions/catalog.ts'],
    port: 0,
    silenceMs: 15_000,
  });
});
after(() => host.close());

async function ask(path: string) {
  const response = await fetch(host.url + path);
  return { status: response.status, text: await response.text() };
}

test('it is alive, and not ready for want of these settings', async () => {
  assert.deepEqual(await ask('/api/health/live'), { status: 200, text: '{"alive":true}' });
  const { status, text } = await ask('/api/health/ready');
  assert.equal(status, 503);
  const names = ['BLOB_ENDPOINT', ...Object.keys(settings)].filter(name => name !== 'BLOB_CONNECTION_STRING');
  const { settings: missing, ...rest } = JSON.parse(text);
  assert.deepEqual(missing.toSorted(), names.toSorted());
  assert.deepEqual(rest, { ready: false });
});

test('a setting whose value is wrong is named, and its value is not', async () => {
  for (const [name, value, named] of [
    ['COSMOS_ENDPOINT', 'abre-te', 'COSMOS_ENDPOINT'],
    ['ServiceBus', 'abre-te', 'ServiceBus'],
    ['BLOB_CONNECTION_STRING', 'abre-te', 'BLOB_CONNECTION_STRING'],
    ['SLICE_SECONDS', '540', 'SLICE_SECONDS'],
  ] as const) {
    Object.assign(process.env, settings, { [name]: value });
    const { status, text } = await ask('/api/health/ready');
    assert.deepEqual([status, JSON.parse(text)], [503, { ready: false, settings: [named] }]);
  }
  const { status, text } = await ask('/api/groups');
  assert.deepEqual(
    [status, JSON.parse(text).code, JSON.parse(text).errors],
    [500, 'misconfigured', undefined],
  );
  delete process.env.SLICE_SECONDS;
});
