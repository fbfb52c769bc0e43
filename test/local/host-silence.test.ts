// What the library never answers: the caller waits until the host gives up, as in Azure.

import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { type Host, startHost } from '../../local/host/host.ts';
import type { HostLogRecord } from '../../local/host/host-log.ts';
import { gate } from './host-app/observations.ts';

const logged: HostLogRecord[] = [];
let host: Host;

before(async () => {
  host = await startHost({
    appDir: `${import.meta.dirname}/host-app`,
    entryPoints: ['functions/setup.ts', 'functions/http.ts'],
    port: 0,
    env: { AzureWebJobsDisableHomepage: 'true' },
    log: record => logged.push(record),
    silenceMs: 150,
  });
});
after(() => host.close());

const statusOf = async (path: string, init?: RequestInit) => (await fetch(host.url + path, init)).status;

test('a function that throws leaves its caller waiting, and the log says why', async () => {
  assert.equal(await statusOf('/throws'), 504);
  const record = logged.find(({ event }) => event === 'invocation-failed');
  assert.equal(record?.functionName, 'throws');
  assert.match(record?.message ?? '', /thrown on purpose/);
});

test('so does one that returns nothing', async () => {
  assert.equal(await statusOf('/nothing', { method: 'POST' }), 504);
});

test('a body that breaks before its first byte', async () => {
  assert.equal(await statusOf('/breaks-at-once'), 504);
});

test('a download that breaks off in the function is cut off at the client', async () => {
  const response = await fetch(`${host.url}/half`);
  assert.equal(response.status, 200);
  gate('first half arrived').resolve();
  await assert.rejects(response.text());
});

test("an invocation id of the caller's own keeps the request from its function", async () => {
  const headers = { 'x-ms-invocation-id': '00000000-0000-4000-8000-000000000000' };
  assert.equal(await statusOf('/api/shown/special', { headers }), 504);
});

test('a response that is destroyed before its headers is asked for again', async () => {
  let asked = 0;
  const destroyFirst = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.headers['x-forwarded-host'] === undefined) return;
    asked++;
    if (asked === 1) setImmediate(() => response.destroy());
  };
  subscribe('http.server.request.start', destroyFirst);
  assert.equal(await statusOf('/slow'), 504);
  unsubscribe('http.server.request.start', destroyFirst);
  assert.equal(asked, 2);
});

test('the root shows nothing where the setting says so', async () => {
  assert.equal(await statusOf('/'), 204);
});
