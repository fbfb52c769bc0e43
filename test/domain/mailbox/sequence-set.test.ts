import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  sequenceCount,
  sequenceMembers,
  sequenceSet,
  sequenceTester,
} from '../../../shared/domain/mailbox/sequence-set.ts';

test('UIDs in any order, with repeats, become the shortest sequence set', () => {
  assert.equal(sequenceSet(['7', '1', '3', '2', '3', '10']), '1:3,7,10');
  assert.equal(sequenceSet([]), '');
});

test('a sequence set gives back its members', () => {
  assert.deepEqual(sequenceMembers('1:3,7'), ['1', '2', '3', '7']);
  assert.deepEqual(sequenceMembers(''), []);
});

test('a sequence set tells how many members it has', () => {
  assert.deepEqual(['', '7', '1:3,7', '2:3,aZ0_-x4Qm1bK7rT9uVwXyz'].map(sequenceCount), [0, 1, 4, 3]);
});

test('membership is told at both ends of every range', () => {
  const isMember = sequenceTester('2:4,9,100:4294967295');
  const members = ['2', '3', '4', '9', '100', '4294967295'];
  assert.deepEqual(members.filter(isMember), members);
  assert.deepEqual(['1', '5', '8', '10', '99'].filter(isMember), []);
});

test('ids that are no UIDs stand beside the ranges, each by its name', () => {
  const id = 'aZ0_-x4Qm1bK7rT9uVwXyz';
  const set = sequenceSet([id, '2', '1', `${id}~2`, id]);
  assert.equal(set, `1:2,${id},${id}~2`);
  assert.deepEqual(sequenceMembers(set), ['1', '2', id, `${id}~2`]);
  const isMember = sequenceTester(set);
  assert.deepEqual([id, `${id}~2`, '2', '3', `${id}~3`].map(isMember), [true, true, true, false, false]);
});
