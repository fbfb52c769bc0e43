// Readiness says which dependency is away, to anybody who asks, and asks them no oftener for that.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeClients, getClients } from '../../shared/clients.ts';
import { checkHealth } from '../../shared/flows/check-health.ts';
import { createLog } from '../../shared/log.ts';
import { useMailroom } from '../support/mailroom.ts';

const room = await useMailroom();
Object.assign(process.env, room.environment);
after(closeClients);

const lines: string[] = [];
const log = createLog((_level, line) => void lines.push(line));
const start = Date.parse('2026-03-04T12:00:00Z');
const healthAt = (seconds: number) => checkHealth(getClients, new Date(start + seconds * 1000), log);
const allAnswer = { ready: true, dependencies: { database: 'ok', blobs: 'ok', bus: 'ok' } };

test('all dependencies answer', async () => {
  const response = await fetch(`${room.worker().url}/api/health/ready`);
  assert.deepEqual([response.status, await response.json()], [200, allAnswer]);
  assert.equal(response.headers.get('cache-control'), 'no-store');
});

test('a bus that is away is named without a word of its own, when the last answer is some seconds old', async () => {
  assert.deepEqual(await healthAt(0), allAnswer);
  room.stack.serviceBus.faults.add({ on: '', action: 'refuse' });
  assert.deepEqual(await healthAt(4.9), allAnswer);
  const [health, same] = await Promise.all([healthAt(5), healthAt(5)]);
  room.stack.serviceBus.faults.clear();
  assert.deepEqual(health, {
    ready: false,
    dependencies: { database: 'ok', blobs: 'ok', bus: 'unavailable' },
  });
  assert.equal(same, health);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /"event":"not-ready","dependency":"bus","message":".*(not available|no answer)/,
  );
  assert.equal((await fetch(`${room.worker().url}/api/health/live`)).status, 200);
});

test('and it is ready again when the bus is back', async () => {
  assert.deepEqual(await healthAt(10), allAnswer);
});
