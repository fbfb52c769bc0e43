// What the database's status codes mean to us.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeErrorOf } from '../../shared/azure/cosmos.ts';

for (const [status, code] of [
  [400, 'refused_by_store'],
  // A role that was lost, or a partition that is full: somebody mends it, and no item is to blame.
  [401, 'dependency_unavailable'],
  [403, 'dependency_unavailable'],
  [404, 'not_found'],
  [408, 'dependency_unavailable'],
  [409, 'conflict'],
  [410, 'dependency_unavailable'],
  [412, 'precondition_failed'],
  [413, 'too_large'],
  [422, 'refused_by_store'],
  [429, 'dependency_unavailable'],
  [449, 'dependency_unavailable'],
  [500, 'dependency_unavailable'],
  [503, 'dependency_unavailable'],
] as const) {
  test(`${status} is ${code}`, () => {
    assert.equal(storeErrorOf('write ledger', status).code, code);
  });
}
