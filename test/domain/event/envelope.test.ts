// What all events have.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { joinGroupIds } from '../../../shared/domain/event/envelope.ts';

describe('joinGroupIds', () => {
  it('closes the list on both sides, so that g1 is not found in g12', () => {
    assert.equal(joinGroupIds(['g12']).includes('|g1|'), false);
    assert.equal(joinGroupIds(['g12', 'g1']).includes('|g1|'), true);
  });

  it('is empty for no group', () => {
    assert.equal(joinGroupIds([]), '');
  });
});
