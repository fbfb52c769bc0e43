// One key exchanged for another while instances have different settings: each reads what the others write, at every step.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sample from '../local.settings.sample.json' with { type: 'json' };
import { readConfig, type SecretKey } from '../shared/config.ts';
import { seal, unseal } from '../shared/secrets.ts';

const key = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
/** The keys of an instance that started with these settings. */
function instance(current: string, previous = ''): SecretKey[] {
  return readConfig({ ...sample.Values, SECRET_KEY_CURRENT: current, SECRET_KEY_PREVIOUS: previous })
    .secretKeys;
}
const [k1, k2] = [key('k1', 1), key('k2', 2)];
/** As docs/operations.md has them. While one is deployed, some instances are still at the step before. */
const steps = [
  { name: 'before', keys: instance(k1) },
  { name: 'the new one decrypts', keys: instance(k1, k2) },
  { name: 'the new one encrypts', keys: instance(k2, k1) },
  { name: 'the old one is gone', keys: instance(k2) },
];

test('instances of two steps in a row read what either writes, until the old key goes', () => {
  for (const [before, after] of [steps.slice(0, 2), steps.slice(1, 3)]) {
    for (const [writer, reader] of [
      [before, after],
      [after, before],
    ]) {
      const sealed = seal(writer!.keys, 'password', 'place');
      assert.equal(
        unseal(reader!.keys, sealed, 'place'),
        'password',
        `${writer!.name}, read ${reader!.name}`,
      );
    }
  }
});

test('without the step between, instances that are behind cannot read what the others write', () => {
  const [before, , encrypts] = steps;
  const sealed = seal(encrypts!.keys, 'password', 'place');
  assert.throws(() => unseal(before!.keys, sealed, 'place'), { code: 'secret_unreadable' });
});

test('what was encrypted anew is read when the old key is gone, and what was not says what to do', () => {
  const [before, , encrypts, gone] = steps;
  assert.equal(unseal(gone!.keys, seal(encrypts!.keys, 'password', 'place'), 'place'), 'password');
  assert.throws(() => unseal(gone!.keys, seal(before!.keys, 'password', 'place'), 'place'), {
    code: 'secret_unreadable',
  });
});
