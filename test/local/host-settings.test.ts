// Where settings come from, and what host.json means.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  fillFromLocalSettings,
  isDisabled,
  readEntryPoint,
  readHostJson,
  resolveConnection,
  resolveSettings,
} from '../../local/host/settings.ts';

function appDir(t: TestContext, files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'host-settings-'));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content);
  return dir;
}

test('local.settings.json fills only what the environment lacks', t => {
  const dir = appDir(t, { 'local.settings.json': '{"Values": {"A": "file", "B": "file", "N": 1}}' });
  const environment: Record<string, string> = { A: 'environment' };
  fillFromLocalSettings(dir, environment);
  assert.deepEqual(environment, { A: 'environment', B: 'file', N: '1' });
});

test('an app may have no local settings and no host.json', t => {
  const dir = appDir(t, {});
  const environment: Record<string, string> = {};
  fillFromLocalSettings(dir, environment);
  assert.deepEqual(environment, {});
  const { maxConcurrentCalls, ...rest } = readHostJson(dir);
  assert.ok(maxConcurrentCalls >= 16);
  assert.deepEqual(rest, {
    routePrefix: 'api',
    functionTimeoutMs: undefined,
    maxAutoLockRenewalMs: 300_000,
    hasExtensionBundle: false,
  });
});

test('telemetryMode is OpenTelemetry or is not there, and then nothing is written that the host would not read', t => {
  const read = (json: object) => () => readHostJson(appDir(t, { 'host.json': JSON.stringify(json) }));
  assert.doesNotThrow(read({ telemetryMode: 'OpenTelemetry', logging: { logLevel: {} } }));
  assert.throws(read({ telemetryMode: 'opentelemetry' }), /telemetryMode must be/);
  const logging = { applicationInsights: { samplingSettings: { isEnabled: true } } };
  assert.doesNotThrow(read({ logging }));
  assert.throws(read({ telemetryMode: 'OpenTelemetry', logging }), /logging.applicationInsights is not read/);
});

test('host.json decides prefix, timeout and concurrency', t => {
  const serviceBus = { maxConcurrentCalls: 4, maxAutoLockRenewalDuration: '00:10:00' };
  const extensions = { http: { routePrefix: '' }, serviceBus };
  const extensionBundle = { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' };
  const json = { version: '2.0', functionTimeout: '1.00:00:30', extensions, extensionBundle };
  const hostJson = JSON.stringify(json);
  assert.deepEqual(readHostJson(appDir(t, { 'host.json': hostJson })), {
    routePrefix: '',
    functionTimeoutMs: 86_430_000,
    maxConcurrentCalls: 4,
    maxAutoLockRenewalMs: 600_000,
    hasExtensionBundle: true,
  });
});

test('a broken file is named', t => {
  assert.throws(() => readHostJson(appDir(t, { 'host.json': '{' })), /host\.json is not JSON/);
  const dir = appDir(t, { 'host.json': '{"functionTimeout": "5 minutes"}' });
  assert.throws(() => readHostJson(dir), /'5 minutes' is not a duration/);
  assert.throws(() => readEntryPoint(appDir(t, { 'package.json': '{}' })), /has no "main" to load/);
});

test('%NAME% is replaced by the setting, and a missing one is named', () => {
  assert.equal(resolveSettings('a-%X%-%Y%', { X: '1', Y: '2' }), 'a-1-2');
  assert.equal(resolveSettings('100%', {}), '100%');
  assert.throws(() => resolveSettings('%GONE%', {}), /'%GONE%' does not resolve to a value: set GONE/);
});

test('a connection is a setting, with or without the prefix of the host', () => {
  assert.equal(resolveConnection('Bus', { Bus: 'a', AzureWebJobsBus: 'b' }), 'a');
  assert.equal(resolveConnection('Bus', { AzureWebJobsBus: 'b' }), 'b');
  assert.throws(() => resolveConnection('Bus', {}), /connection 'Bus' is not set/);
});

test('a function is disabled by its setting', () => {
  assert.equal(isDisabled('a', { 'AzureWebJobs.a.Disabled': 'True' }), true);
  assert.equal(isDisabled('a', { 'AzureWebJobs.a.Disabled': '1' }), true);
  assert.equal(isDisabled('a', { 'AzureWebJobs.a.Disabled': 'false' }), false);
  assert.equal(isDisabled('a', {}), false);
});
