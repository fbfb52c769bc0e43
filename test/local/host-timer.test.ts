// Timer functions of a real app, driven by a clock that the test moves.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Host, startHost } from '../../local/host/host.ts';
import type { HostLogRecord } from '../../local/host/host-log.ts';
import { gate, observed, shutGate, until } from './host-app/observations.ts';

const at = (time: string) => Date.parse(`2026-03-04T${time}Z`);
const stateDir = mkdtempSync(join(tmpdir(), 'host-timer-'));
const logged: HostLogRecord[] = [];
let clock = at('11:59:40');
let host: Host;

before(async () => {
  // As a host left them that ended before eleven: two timers have missed a run since.
  mkdirSync(join(stateDir, 'timers'));
  for (const name of ['slow-timer', 'hourly']) {
    const last = at(name === 'slow-timer' ? '10:00:00' : '11:30:00');
    const status = { last, next: at('11:00:00'), lastUpdated: last };
    writeFileSync(join(stateDir, 'timers', `${name}.json`), JSON.stringify(status));
  }
  host = await startHost({
    appDir: `${import.meta.dirname}/host-app`,
    entryPoints: ['functions/timers.ts'],
    port: 0,
    env: { HOURLY: '0 0 * * * *', 'AzureWebJobs.every-second.Disabled': 'true' },
    stateDir,
    now: () => clock,
    log: record => logged.push(record),
  });
});
after(async () => {
  await host.close();
  rmSync(stateDir, { recursive: true });
});

const endedCount = (functionName: string) =>
  logged.filter(({ event, functionName: name }) => name === functionName && /succeeded|failed/.test(event))
    .length;

test('a timer with runOnStartup runs at start, and is not past due', async () => {
  const [run] = await until(() => observed('at-startup').length > 0 && observed('at-startup'));
  assert.deepEqual(run, {
    what: 'at-startup',
    schedule: { adjustForDST: true },
    scheduleStatus: {
      last: '0001-01-01T00:00:00',
      next: '2027-01-01T00:00:00.000Z',
      lastUpdated: '2026-03-04T11:59:40.000Z',
    },
    isPastDue: false,
  });
});

test('a run that was missed while the host was down is made up for, marked as past due', async () => {
  await until(() => observed('slow-timer').length > 0);
  assert.equal(observed('slow-timer')[0]?.isPastDue, true);
  assert.ok(
    logged.some(({ event, functionName }) => event === 'timer-past-due' && functionName === 'slow-timer'),
  );
  gate('slow-timer').resolve();
  await until(() => endedCount('slow-timer') === 1);
});

test('a timer that missed nothing waits for its time', async () => {
  assert.equal(observed('hourly').length, 0);
  clock = at('12:00:00');
  await until(() => observed('hourly').length === 1);
  const [run] = observed('hourly');
  assert.equal(run?.isPastDue, false);
  assert.deepEqual(run?.scheduleStatus, {
    last: '2026-03-04T11:30:00.000Z',
    next: '2026-03-04T12:00:00.000Z',
    lastUpdated: '2026-03-04T11:30:00.000Z',
  });
});

test('its status outlives the host', async () => {
  await until(() => endedCount('hourly') === 1);
  const status = JSON.parse(readFileSync(join(stateDir, 'timers', 'hourly.json'), 'utf8'));
  assert.deepEqual(status, { last: clock, next: at('13:00:00'), lastUpdated: clock });
});

test('a timer never overlaps itself: what it missed meanwhile is made up for once, when it ends', async () => {
  await until(() => endedCount('slow-timer') === 2);
  shutGate('slow-timer');
  for (const time of ['13:00:00', '14:00:00', '15:00:00']) {
    const runs = observed('hourly').length;
    clock = at(time);
    await until(() => observed('hourly').length > runs);
  }
  assert.equal(observed('slow-timer').length, 3, 'it did not wait for its run of 13:00');
  gate('slow-timer').resolve();
  await until(() => endedCount('slow-timer') === 4);
  const failures = observed('failing').length;
  clock = at('15:59:30');
  await until(() => observed('failing').length > failures);
  assert.equal(observed('slow-timer').length, 4, 'it made up for more than one run');
});

test('a timer that fails runs again at its next time', async () => {
  const runs = observed('failing').length;
  assert.ok(runs > 0);
  clock += 60_000;
  await until(() => observed('failing').length > runs);
});

test('a timer can be fired now', async () => {
  const runs = observed('hourly').length;
  await host.fire('hourly');
  assert.equal(observed('hourly').length, runs + 1);
  assert.equal((await fetch(`${host.url}/admin/functions/hourly`, { method: 'POST' })).status, 202);
  await until(() => observed('hourly').length === runs + 2);
  await assert.rejects(host.fire('failing'), /failed on purpose/);
  await assert.rejects(host.fire('unknown'), /no timer or Service Bus function 'unknown'/);
});

test('a disabled timer does not run by itself, but can be fired', async () => {
  assert.equal(observed('every-second').length, 0);
  await host.fire('every-second');
  assert.equal(observed('every-second').length, 1);
});
