// A message of the queue is read as a request, or nobody can do anything with it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFetchRequest } from '../../../shared/domain/mailbox/fetch-request.ts';

test('a message is a request, whatever else is in it', () => {
  const message = { serviceId: 'sac', reason: 'tick', since: 'a later version' };
  assert.deepEqual(readFetchRequest(message), { serviceId: 'sac', reason: 'tick' });
});

for (const [message, fault] of [
  [undefined, /names no service/],
  [null, /names no service/],
  ['{"serviceId":"sac"', /names no service/],
  [[], /names no service/],
  [{ reason: 'tick' }, /names no service/],
  [{ serviceId: 'a/b', reason: 'tick' }, /names no service/],
  [{ serviceId: 'sac' }, /none of the reasons tick, now, continuation/],
  [{ serviceId: 'sac', reason: 'soon' }, /none of the reasons/],
] as const) {
  test(`${JSON.stringify(message)} is refused`, () => {
    assert.throws(() => readFetchRequest(message), { code: 'invalid', message: fault });
  });
}
