// The deployment's settings: what is left out, what is wrong, and that all of it is told at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import hostJson from '../host.json' with { type: 'json' };
import { readConfig } from '../shared/config.ts';

const complete = {
  ServiceBus__fullyQualifiedNamespace: 'malote.servicebus.windows.net',
  COSMOS_ENDPOINT: 'https://malote.documents.azure.com',
  BLOB_ENDPOINT: 'https://malote.blob.core.windows.net',
  ENTRA_ISSUER: 'https://login.microsoftonline.com/tenant/v2.0',
  ENTRA_AUDIENCE: 'api://malote',
  SECRET_KEY_CURRENT: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
};
const faultsOf = (environment: Record<string, string | undefined>) => {
  try {
    readConfig({ ...complete, ...environment });
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
  return [];
};

test('Microsoft 365 is that of the public cloud, unless told otherwise', () => {
  assert.deepEqual(readConfig(complete).microsoft, {
    loginUrl: 'https://login.microsoftonline.com',
    graphUrl: 'https://graph.microsoft.com',
    mailUrl: 'https://outlook.office365.com',
  });
  const national = {
    MICROSOFT_LOGIN_URL: 'https://login.microsoftonline.us/',
    MICROSOFT_GRAPH_URL: 'https://graph.microsoft.us',
    MICROSOFT_MAIL_URL: 'https://outlook.office365.us',
  };
  assert.deepEqual(readConfig({ ...complete, ...national }).microsoft, {
    loginUrl: 'https://login.microsoftonline.us',
    graphUrl: 'https://graph.microsoft.us',
    mailUrl: 'https://outlook.office365.us',
  });
});

test('events come from the app by its name in Azure, and elsewhere from the mailroom', () => {
  for (const [WEBSITE_SITE_NAME, deployment] of [
    [undefined, 'mailroom'],
    ['Malote-Producao', 'malote-producao'],
    ['not a name', 'mailroom'],
  ] as const) {
    assert.equal(readConfig({ ...complete, WEBSITE_SITE_NAME }).deployment, deployment);
  }
});

test('every fault is told at once, by the name of its setting', () => {
  const faults = faultsOf({
    COSMOS_ENDPOINT: undefined,
    MICROSOFT_GRAPH_URL: 'graph',
    MAIL_ALLOW_PLAINTEXT: 'yes',
    MAIL_EXTRA_PORTS: '1993,x',
    SECRET_KEY_CURRENT: 'short',
    SLICE_SECONDS: '0',
  });
  assert.deepEqual(faults.map(fault => fault.split(':')[0]).toSorted(), [
    'COSMOS_ENDPOINT',
    'MAIL_ALLOW_PLAINTEXT',
    'MAIL_EXTRA_PORTS',
    'MICROSOFT_GRAPH_URL',
    'SECRET_KEY_CURRENT',
    'SLICE_SECONDS',
  ]);
});

test('a token is not sent anywhere in the clear', () => {
  const [fault] = faultsOf({ MICROSOFT_LOGIN_URL: 'http://login.microsoftonline.com' });
  assert.match(fault ?? '', /^MICROSOFT_LOGIN_URL: must begin with https:\/\//);
});

test('a fetch at its longest ends before the host would end it, and its message stays locked meanwhile', () => {
  const [longest = 0, timeout = 0, renewal = 0] = [
    '00:07:00',
    hostJson.functionTimeout,
    hostJson.extensions.serviceBus.maxAutoLockRenewalDuration,
  ].map(time => Number(time.split(':')[1]) * 60);
  assert.deepEqual(faultsOf({ SLICE_SECONDS: String(longest) }), []);
  const { sliceMs, graceMs } = readConfig({ ...complete, SLICE_SECONDS: String(longest) });
  assert.ok((sliceMs + graceMs) / 1000 + 60 <= Math.min(timeout, renewal));
  assert.deepEqual(faultsOf({ SLICE_SECONDS: String(longest + 1) }), [
    'SLICE_SECONDS: must be between 1 and 420 seconds: a fetch takes up to 180 more to end, and after 600 the host ends it',
  ]);
});
