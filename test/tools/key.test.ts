// The first key of a deployment: made once, shown to nobody, and then the app starts anew.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import sample from '../../local.settings.sample.json' with { type: 'json' };
import { readConfig } from '../../shared/config.ts';
import { cureOf, makeKey } from '../../tools/make-key.ts';
import { azStandIn } from './az-stand-in.ts';

const k1 = { vault: 'malote-v', name: 'secret-key-k1', app: { name: 'malote-1', group: 'malote' } };

test('a key that is not there is made as the app wants it, and the app starts anew', async () => {
  const { az, state } = azStandIn();
  await makeKey(az, k1, () => {});
  const made = state.secrets['secret-key-k1'];
  assert.equal(readConfig({ ...sample.Values, SECRET_KEY_CURRENT: made }).secretKeys[0]?.id, 'k1');
  const restart = ['functionapp', 'restart', '--name', 'malote-1', '--resource-group', 'malote'];
  assert.deepEqual(state.commands.at(-1), restart);
});

test('the key is neither printed nor on a command line', async () => {
  const { az, state } = azStandIn();
  const said: string[] = [];
  await makeKey(az, k1, line => said.push(line));
  const [, secret = ''] = state.secrets['secret-key-k1']?.split(':') ?? [];
  assert.ok(secret.length > 40 && said.length > 0);
  assert.ok(!said.join().includes(secret) && !JSON.stringify(state.commands).includes(secret));
  const setting = state.commands.find(command => command[2] === 'set');
  assert.ok(setting?.includes('--query'), 'az prints the whole secret unless asked for its name alone');
});

test('a key that is there stays, and nothing starts anew', async () => {
  const { az, state } = azStandIn({ secrets: { 'secret-key-k1': 'k1:kept' } });
  await makeKey(az, k1, () => {});
  assert.deepEqual(state.secrets, { 'secret-key-k1': 'k1:kept' });
  assert.deepEqual(
    state.commands.map(command => command[2]),
    ['list'],
  );
});

test('a vault that lets nobody in is told with its cure, and the app goes on', async () => {
  for (const [vaultFault, cure] of [
    ['(Forbidden) ForbiddenByFirewall', /operatorIpRanges/],
    ['(Forbidden) Caller is not authorized: ForbiddenByRbac', /Key Vault Secrets Officer/],
  ] as const) {
    const { az, state } = azStandIn({ vaultFault });
    await assert.rejects(
      makeKey(az, k1, () => {}),
      ({ message }: Error) => cure.test(cureOf(message)),
    );
    assert.ok(!state.commands.some(([first]) => first === 'functionapp'));
  }
});

test('azd names vault, key and app in the environment; without az it says where to get it', () => {
  const named = {
    MALOTE_VAULT: 'v',
    MALOTE_KEY_NAME: 'secret-key-k1',
    MALOTE_APP: 'a',
    AZURE_RESOURCE_GROUP: 'g',
  };
  const run = (env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ['tools/key.ts'], { env: { PATH: '', ...env }, encoding: 'utf8' });
  assert.match(run(named).stderr, /az is not installed: https:/);
  assert.match(run({ ...named, MALOTE_KEY_NAME: 'key' }).stderr, /"key" does not name a key/);
});
