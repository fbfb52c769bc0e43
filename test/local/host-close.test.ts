// How a host ends: nothing new is taken, timers and messages are waited for, and then the app is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../local/host/host.ts';
import { gate, observed, until } from './host-app/observations.ts';

test('closing takes no other request and waits for timers, then tells the app, and waits for requests', async () => {
  const host = await startHost({
    appDir: `${import.meta.dirname}/host-app`,
    entryPoints: ['functions/setup.ts', 'functions/http.ts', 'functions/timers.ts'],
    port: 0,
    env: { HOURLY: '0 0 * * * *', 'AzureWebJobs.every-second.Disabled': 'true' },
  });
  const request = fetch(`${host.url}/slow`);
  const timer = host.fire('slow-timer');
  await until(() => observed('slow request').length === 1 && observed('slow-timer').length === 1);

  const closed = host.close();
  await assert.rejects(fetch(`${host.url}/api/shown/special`), 'it still accepts connections');
  assert.deepEqual(observed('appTerminate'), []);
  gate('slow-timer').resolve();
  await timer;
  await until(() => observed('appTerminate').length === 1);
  gate('slow request').resolve();
  assert.equal(await (await request).text(), 'done');
  await closed;
  assert.deepEqual(observed('appTerminate'), [{ what: 'appTerminate', started: true }]);
  await host.close();
});
