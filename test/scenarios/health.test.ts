// Readiness says which dependency is away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useMailroom } from '../support/mailroom.ts';

const room = await useMailroom();
const ready = async () => {
  const response = await fetch(`${room.worker().url}/api/health/ready`);
  return {
    status: response.status,
    health: (await response.json()) as { dependencies: Record<string, string> },
  };
};

test('all dependencies answer', async () => {
  assert.deepEqual(await ready(), {
    status: 200,
    health: { ready: true, dependencies: { database: 'ok', blobs: 'ok', bus: 'ok' } },
  });
});

test('a bus that is away is named, and the app stays alive', async () => {
  room.stack.serviceBus.faults.add({ on: '', action: 'refuse' });
  const { status, health } = await ready();
  room.stack.serviceBus.faults.clear();
  assert.equal(status, 503);
  assert.match(health.dependencies.bus!, /not available|no answer/);
  assert.equal(health.dependencies.database, 'ok');
  assert.equal((await fetch(`${room.worker().url}/api/health/live`)).status, 200);
});
