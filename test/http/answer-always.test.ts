// Whatever a function does, its caller gets an answer at once: on a host that would keep it waiting.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type Host, startHost } from '../../local/host/host.ts';
import { gate, observed, until } from '../local/host-app/observations.ts';

const lines: string[] = [];
let host: Host;

before(async () => {
  host = await startHost({
    appDir: import.meta.dirname,
    entryPoints: ['answered-app.ts'],
    port: 0,
    log: record => lines.push(JSON.stringify(record)),
    // Long for any answer, short for whoever waits in vain.
    silenceMs: 15_000,
  });
});
after(() => host.close());

const call = (name: string, init?: RequestInit) => fetch(`${host.url}/api/${name}`, init);

async function problemOf(response: Response) {
  const { status, headers } = response;
  assert.equal(headers.get('content-type'), 'application/problem+json');
  const problem = (await response.json()) as { status: number; code: string; instance: string };
  assert.equal(problem.status, status);
  assert.match(problem.instance, /^urn:uuid:[0-9a-f-]{36}$/);
  return [status, problem.code];
}

test('a function that answers is left alone', async () => {
  const fine = await call('fine');
  assert.deepEqual(
    [fine.status, fine.headers.get('x-own'), fine.headers.get('content-type'), await fine.json()],
    [200, 'yes', 'application/json', { fine: true }],
  );
  assert.equal((await call('empty')).status, 204);
});

for (const name of ['throws', 'nothing', 'a-text', 'no-status', 'no-header']) {
  test(`a function that fails is 500, and says nothing of its inside: ${name}`, async () => {
    const response = await call(name);
    assert.deepEqual(await problemOf(response.clone()), [500, 'internal']);
    assert.ok(!(await response.text()).includes('abre-te'));
    assert.ok(
      lines.some(line => line.includes('request-failed') && line.includes(`\\"function\\":\\"${name}`)),
    );
  });
}

test('a body that breaks before its first byte is 502', async () => {
  const response = await call('breaks-at-once');
  assert.deepEqual(await problemOf(response), [502, 'dependency_unavailable']);
  assert.ok(lines.some(line => line.includes('answer-broken')));
});

test('a body that breaks half way breaks off at the client', async () => {
  const response = await call('half');
  assert.equal(response.status, 200);
  gate('half').resolve();
  await assert.rejects(response.text(), /terminated/);
  assert.equal(lines.filter(line => line.includes('answer-broken')).length, 2);
});

test('nobody reads on for a client that is gone, nor faster than a slow one', async () => {
  const { port } = new URL(host.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('GET /api/endless HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => observed('chunk').length > 0);
  // The sockets in between hold a few megabytes; then the function waits, for the client reads nothing.
  let before = -1;
  await until(async () => {
    const now = observed('chunk').length;
    const stands = now === before;
    before = now;
    for (let turn = 0; turn < 20; turn++) await call('fine').then(response => response.text());
    return stands;
  });
  assert.ok(before < 100, `${before} MB were read for a client that takes none`);
  socket.destroy();
  await until(() => observed('endless ended').length === 1);
});

test("a caller's own invocation id reaches nobody else's answer", async () => {
  const first = call('waits');
  const [{ invocationId } = { invocationId: '' }] = await until(
    () => observed('waits').length > 0 && observed('waits'),
  );
  const second = call('fine', { headers: { 'x-ms-invocation-id': String(invocationId) } });
  assert.deepEqual(await problemOf(await second), [503, 'dependency_unavailable']);
  gate('waits').resolve();
  assert.equal(await (await first).text(), 'for whoever asked first');
});

test('a request that never comes to its function is 503', async () => {
  const headers = { 'x-ms-invocation-id': '00000000-0000-4000-8000-000000000000' };
  assert.deepEqual(await problemOf(await call('fine', { headers })), [503, 'dependency_unavailable']);
  // The library takes the headers from here, and fails.
  const search = `?Headers=${encodeURIComponent('{"not a name": "x"}')}`;
  assert.deepEqual(await problemOf(await call(`fine${search}`)), [503, 'dependency_unavailable']);
});
