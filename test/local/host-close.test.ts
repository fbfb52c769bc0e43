// How a host ends: nothing new is taken, what runs is waited for, and the app is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHost } from '../../local/host/host.ts';
import { gate, observed, until } from './host-app/observations.ts';

test('closing takes no other request, tells the app, and waits for the one that is running', async () => {
  const host = await startHost({
    appDir: `${import.meta.dirname}/host-app`,
    entryPoints: ['functions/setup.ts', 'functions/http.ts'],
    port: 0,
  });
  const running = fetch(`${host.url}/slow`);
  await until(() => observed('slow request').length === 1);

  const closed = host.close();
  await assert.rejects(fetch(`${host.url}/api/shown/special`), 'it still accepts connections');
  await until(() => observed('appTerminate').length === 1);
  gate('slow request').resolve();
  assert.equal(await (await running).text(), 'done');
  await closed;
  assert.deepEqual(observed('appTerminate'), [{ what: 'appTerminate', started: true }]);
  await host.close();
});
