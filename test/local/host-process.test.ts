// The host as a process of its own: what it prints, and how it ends.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';

const root = `${import.meta.dirname}/../..`;
const httpOnly = ['--entry', 'functions/setup.ts', '--entry', 'functions/http.ts'];

type Line = { event: string; port?: number; message?: string; functions?: string[] };

function run(t: TestContext, ...args: string[]): ChildProcess {
  const child = fork(`${root}/local/host/main.ts`, ['--dir', `${import.meta.dirname}/host-app`, ...args], {
    silent: true,
    execArgv: [],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** Reads what it prints until a line of this event. */
async function lineOf({ stdout }: ChildProcess, event: string): Promise<Line> {
  assert.ok(stdout);
  for await (const text of createInterface(stdout)) {
    const line = JSON.parse(text) as Line;
    if (line.event === event) return line;
  }
  throw new Error(`it ended without ${event}`);
}

test('it says when it is ready, and ends cleanly on SIGTERM', async t => {
  const child = run(t, '--port', '0', ...httpOnly);
  const { port, functions } = await lineOf(child, 'host-started');
  assert.ok(functions?.includes('literal'));
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/api/shown/special`)).text(), 'literal');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('it ends, with all that is under way, when a function runs longer than functionTimeout', async t => {
  const child = run(t, '--port', '0', ...httpOnly);
  const { port } = await lineOf(child, 'host-started');
  const [answered, ended] = await Promise.all([
    fetch(`http://127.0.0.1:${port}/slow`).then(
      ({ status }) => status,
      () => 'broken off',
    ),
    once(child, 'exit'),
  ]);
  assert.deepEqual([answered, ended], ['broken off', [70, null]]);
});

test('it ends with the process that forked it', async t => {
  const child = run(t, '--port', '0', ...httpOnly);
  await lineOf(child, 'host-started');
  child.disconnect();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});

test('a port already taken ends it with a line that names the port', async t => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const child = run(t, '--port', String(port), ...httpOnly);
  const ended = once(child, 'exit');
  const { message } = await lineOf(child, 'host-failed');
  assert.match(message ?? '', new RegExp(`Port ${port} of 127.0.0.1 is already taken`));
  assert.deepEqual(await ended, [1, null]);
});

test('it loads functions/*.ts unless told otherwise, and names the setting that a function lacks', async t => {
  const child = run(t, '--port', '0');
  const ended = once(child, 'exit');
  const { message } = await lineOf(child, 'host-failed');
  assert.match(message ?? '', /Function 'one' cannot run on this host/);
  assert.match(message ?? '', /'%ONE_QUEUE%' does not resolve to a value: set ONE_QUEUE/);
  assert.deepEqual(await ended, [1, null]);
});
