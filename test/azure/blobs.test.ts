// Bodies of blobs as the store may send them: whole, broken off, or standing still.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readBody } from '../../shared/azure/blobs.ts';

test('a body is read to its end', async () => {
  assert.equal((await readBody(Readable.from([Buffer.from('ab'), Buffer.from('c')]))).toString(), 'abc');
});

test('a body that stands still is given up, and so is one that breaks off', async () => {
  const still = new Readable({ read() {} });
  still.push('half of it');
  await assert.rejects(readBody(still, 10), { code: 'dependency_unavailable' });
  assert.ok(still.destroyed);
  const broken = Readable.from(
    (async function* () {
      yield Buffer.from('half of it');
      throw new Error('ECONNRESET');
    })(),
  );
  await assert.rejects(readBody(broken), { code: 'dependency_unavailable' });
});
