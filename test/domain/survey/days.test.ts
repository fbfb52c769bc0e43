// Days of the company, and the periods that they add up to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayIn } from '../../../shared/domain/day.ts';
import { addDays, day, lengthDays, stepsOf } from '../../../shared/domain/survey/days.ts';

test('a day is that of the time zone', () => {
  assert.equal(dayIn('America/Sao_Paulo', new Date('2026-03-02T02:59:00Z')), '2026-03-01');
  assert.equal(dayIn('America/Sao_Paulo', new Date('2026-03-02T03:00:00Z')), '2026-03-02');
  assert.equal(dayIn('Asia/Tokyo', new Date('2026-03-01T15:00:00Z')), '2026-03-02');
});

test('only days of the calendar are days', () => {
  for (const sound of ['2026-02-28', '2028-02-29']) assert.ok(day.safeParse(sound).success, sound);
  for (const wrong of ['2026-02-29', '2026-13-01', '2026-3-1', '2026-03-01T00:00:00Z', ''])
    assert.ok(!day.safeParse(wrong).success, wrong);
});

test('days are counted over months and leap years', () => {
  assert.equal(addDays('2028-02-28', 2), '2028-03-01');
  assert.equal(addDays('2026-01-01', -1), '2025-12-31');
  assert.equal(lengthDays({ from: '2026-01-01', to: '2026-12-31' }), 365);
  assert.equal(lengthDays({ from: '2026-01-02', to: '2026-01-01' }), 0);
});

test('a period is cut into days, weeks from Monday, and months, its ends as they are', () => {
  const period = { from: '2026-02-27', to: '2026-03-03' };
  assert.equal(stepsOf(period, 'day').length, 5);
  assert.deepEqual(stepsOf(period, 'week'), [
    { from: '2026-02-27', to: '2026-03-01' },
    { from: '2026-03-02', to: '2026-03-03' },
  ]);
  assert.deepEqual(stepsOf(period, 'month'), [
    { from: '2026-02-27', to: '2026-02-28' },
    { from: '2026-03-01', to: '2026-03-03' },
  ]);
});
