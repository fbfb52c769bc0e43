// HTTP functions of a real app, through the genuine library, over real sockets.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type Host, startHost } from '../../local/host/host.ts';
import type { HostLogRecord } from '../../local/host/host-log.ts';
import { gate, observed, until } from './host-app/observations.ts';

const appDir = `${import.meta.dirname}/host-app`;
const entryPoints = ['functions/setup.ts', 'functions/http.ts'];
const logged: HostLogRecord[] = [];
let host: Host;
let workersEnded = 0;

before(async () => {
  host = await startHost({
    appDir,
    entryPoints,
    port: 0,
    env: { 'AzureWebJobs.disabled.Disabled': 'true' },
    log: record => logged.push(record),
    endWorker: () => {
      workersEnded++;
    },
    enforceAuth: true,
    keys: { master: 'master', host: ['any'], functions: { 'function-key': ['own'], other: ['others'] } },
  });
});
after(() => host.close());

const call = (path: string, init?: RequestInit) => fetch(host.url + path, init);
const post = (path: string, body: RequestInit['body'] = '') => call(path, { method: 'POST', body });

test('a request reaches its function with parameters, query, headers and body, and its answer comes back', async () => {
  const trace = 'a'.repeat(32);
  const response = await call('/api/shown/caf%C3%A9%20a%2Fb?tag=1&tag=2', {
    method: 'PATCH',
    body: 'olá',
    headers: { 'x-in': 'in', traceparent: `00-${trace}-${'b'.repeat(16)}-01` },
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('x-out'), 'yes');
  assert.deepEqual(response.headers.getSetCookie(), ['a=b; HttpOnly']);
  const { traceParent, ...shown } = (await response.json()) as { traceParent: string };
  assert.deepEqual(shown, {
    id: 'café a%2Fb',
    method: 'PATCH',
    url: `${host.url}/api/shown/caf%C3%A9%20a%2Fb?tag=1&tag=2`,
    tags: ['1', '2'],
    header: 'in',
    body: 'olá',
  });
  assert.match(traceParent, new RegExp(`^00-${trace}-[0-9a-f]{16}-`));
});

test('of two routes that fit, the function whose name comes first answers, and case and a final slash do not matter', async () => {
  assert.equal(await (await call('/api/ordered/special')).text(), 'parameter');
  assert.equal(await (await call('/API/Shown/SPECIAL/')).text(), 'literal');
  assert.equal(((await (await call('/api/SHOWN/Else')).json()) as { id: string }).id, 'Else');
});

test('parameters carry the query and members of the body too; the path wins, but another spells its name', async () => {
  const parameters = async (path: string, body?: string) => {
    const init = body === undefined ? {} : { method: 'POST', body };
    return (await call(path, init)).json();
  };
  assert.deepEqual(await parameters('/api/optional/5?number=6&extra=y&code=k&tag=1&tag=2'), {
    number: '5',
    extra: 'y',
    tag: '1,2',
  });
  assert.deepEqual(await parameters('/api/optional/5?NUMBER=6'), { NUMBER: '5' });
  const body = '{"Number": "7", "text": "t", "one": 1, "list": [1], "nothing": null}';
  assert.deepEqual(await parameters('/api/optional/5', body), { Number: '5', text: 't', one: '1' });
  assert.deepEqual(await parameters('/api/optional/5', '["a"]'), { number: '5' });
});

test('a query or a body that speaks of "headers" hides those of the request', async () => {
  const headerSeen = async (search: string) => {
    const response = await call(`/api/shown/x${search}`, { headers: { 'x-in': 'in' } });
    return ((await response.json()) as { header: string | null }).header;
  };
  assert.equal(await headerSeen(''), 'in');
  assert.equal(await headerSeen('?headers=other'), null);
  assert.equal(await headerSeen('?Headers={"x-in":"of the query"}'), 'of the query');
});

test('constraints, optional parameters and catch-alls are kept', async () => {
  assert.deepEqual(await (await call('/api/optional/5')).json(), { number: '5' });
  assert.deepEqual(await (await call('/api/optional/5/x')).json(), { number: '5', name: 'x' });
  assert.equal((await call('/api/optional/five')).status, 404);
  assert.equal((await call('/api/optional/5/x/y')).status, 404);
  assert.deepEqual(await (await call('/files/a/b/c.txt')).json(), { path: 'a/b/c.txt' });
});

test('an unknown path, a wrong method and a disabled function are 404, without a body', async () => {
  for (const response of [
    await call('/nowhere'),
    await call('/api/shown/1', { method: 'DELETE' }),
    await call('/disabled'),
  ]) {
    assert.equal(response.status, 404);
    assert.equal(await response.text(), '');
  }
});

test('a body is read whole before the function runs, when its length was told', async () => {
  const earlier = observed('uploaded').length;
  const socket = connect(host.port, '127.0.0.1');
  socket.write('POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst');
  // Another whole exchange: the function would have seen the first half by then.
  assert.equal((await post('/echo', 'x')).status, 200);
  assert.equal(observed('uploaded').length, earlier);
  socket.write('later');
  assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1.1 200 /);
  assert.deepEqual(observed('uploaded').slice(earlier), [{ what: 'uploaded', sizeBytes: 10 }]);
  socket.destroy();
});

test('a body of more than 100 MB is 500', async () => {
  const socket = connect(host.port, '127.0.0.1');
  socket.write('POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\n');
  assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1.1 500 /);
  socket.destroy();
});

test('a function may answer before a streamed body has come', async () => {
  const socket = connect(host.port, '127.0.0.1');
  socket.write('POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1.1 202 /);
  socket.destroy();
});

test('bytes come back as they went', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  const response = await post('/echo', bytes);
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes));
});

test('an upload reaches the function while it is still being sent', async () => {
  const upload = new TransformStream<Uint8Array, Uint8Array>();
  const writer = upload.writable.getWriter();
  const response = call('/upload', { method: 'POST', body: upload.readable, duplex: 'half' });
  const earlier = observed('uploaded').length;
  await writer.write(Buffer.alloc(10));
  await until(() => observed('uploaded').length === earlier + 1);
  await writer.write(Buffer.alloc(20));
  await writer.close();
  assert.equal((await response).status, 200);
  assert.deepEqual(
    observed('uploaded')
      .slice(earlier)
      .map(({ sizeBytes }) => sizeBytes),
    [10, 20],
  );
});

test('a download reaches the client while the function is still writing it', async () => {
  const { body } = await call('/download');
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader?.read())?.value, 'first');
  gate('second half').resolve();
  assert.equal((await reader?.read())?.value, 'second');
  assert.equal((await reader?.read())?.done, true);
});

test('a client that hangs up in the middle of an upload harms nobody', async () => {
  const before = observed('uploaded').length;
  const socket = connect(host.port, '127.0.0.1');
  socket.write('POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nbeginning\r\n');
  await until(() => observed('uploaded').length > before);
  socket.destroy();
  await until(() =>
    logged.some(({ event, functionName }) => event === 'invocation-failed' && functionName === 'upload'),
  );
  assert.equal((await call('/api/shown/special')).status, 200);
});

test('a key is asked for as the function says', async () => {
  const status = async (path: string, key?: string) =>
    (await call(path, key === undefined ? {} : { headers: { 'x-functions-key': key } })).status;
  assert.equal(await status('/function-key'), 401);
  assert.equal(await status('/function-key', 'others'), 401);
  assert.equal(await status('/function-key', 'own'), 200);
  assert.equal(await status('/function-key', 'any'), 200);
  assert.equal(await status('/function-key?code=master'), 200);
  assert.equal(await status('/admin-key', 'any'), 401);
  assert.equal(await status('/admin-key', 'master'), 200);
});

test('the admin route needs the master key and knows no HTTP function', async () => {
  const headers = { 'x-functions-key': 'master' };
  const fire = (name: string, init?: RequestInit) =>
    call(`/admin/functions/${name}`, { method: 'POST', ...init });
  assert.equal((await fire('show')).status, 401);
  assert.equal((await fire('show', { headers })).status, 404);
  assert.equal((await fire('show', { headers, body: 'not JSON' })).status, 400);
});

test('hooks may reword what a function logs', async () => {
  await call('/says');
  const record = logged.find(({ event }) => event === 'function-log');
  assert.equal(record?.message, 'my *** is 42');
  assert.equal(record?.functionName, 'says');
  assert.equal(record?.level, 'information');
});

test('a function that runs longer than functionTimeout is named in the log, and the worker ends', async () => {
  const response = call('/slow');
  await until(() => logged.find(({ event }) => event === 'function-timeout'));
  assert.equal(logged.find(({ event }) => event === 'function-timeout')?.functionName, 'slow');
  assert.equal(workersEnded, 1);
  gate('slow request').resolve();
  assert.equal(await (await response).text(), 'done');
});

test('the root is a page of the host, unless the setting says otherwise', async () => {
  const root = await call('/');
  assert.deepEqual([root.status, root.headers.get('content-type')], [200, 'text/html']);
});

test('the app knows its own address when it starts', () => {
  assert.equal(observed('appStart')[0]?.websiteHostname, `127.0.0.1:${host.port}`);
});

test('a port already taken is said, with its number', async () => {
  await assert.rejects(startHost({ appDir, port: host.port }), {
    message: `Port ${host.port} of 127.0.0.1 is already taken: end what listens there, or choose another port`,
  });
});

test('a second host in one process is refused rather than left without functions', async () => {
  await assert.rejects(startHost({ appDir, port: 0, entryPoints }), /already run in this process/);
});
