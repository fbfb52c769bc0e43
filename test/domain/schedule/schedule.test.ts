// What a schedule may be, and the fault of each that may not, with its cure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../../shared/domain/merge-patch.ts';
import { readSchedule } from '../../../shared/domain/schedule/schedule.ts';
import { MaloteError } from '../../../shared/errors.ts';

const day = { from: '08:00', to: '12:00' };
const valid = { name: 'Comercial', timeZone: 'America/Sao_Paulo', week: { mon: [day] } };

test('a schedule is kept sorted, with what was left out', () => {
  const read = readSchedule('c', {
    ...valid,
    week: { mon: [{ from: '13:00', to: '24:00' }, day] },
    holidays: [
      { date: '2026-12-25', name: 'Natal', closed: true },
      { date: '2026-12-24', name: 'Véspera', intervals: [day] },
    ],
  });
  assert.deepEqual(read.week.mon, [day, { from: '13:00', to: '24:00' }]);
  assert.deepEqual([read.week.sun, read.obsolete], [[], false]);
  assert.deepEqual(read.holidays, [
    { date: '2026-12-24', name: 'Véspera', intervals: [day] },
    { date: '2026-12-25', name: 'Natal', intervals: [] },
  ]);
});

test('what was read can be written back', () => {
  const { id, ...read } = readSchedule('c', {
    ...valid,
    holidays: [{ date: '2026-12-25', name: 'Natal', closed: true }],
  });
  assert.deepEqual(readSchedule('c', read as unknown as JsonObject), { id, ...read });
});

for (const [what, change, field, says] of [
  [
    'an interval that ends before it begins',
    { week: { mon: [{ from: '22:00', to: '06:00' }] } },
    'week.mon[0].to',
    /is not after from \(22:00\); split it at midnight/,
  ],
  [
    'an interval of no length',
    { week: { mon: [{ from: '08:00', to: '08:00' }] } },
    'week.mon[0].to',
    /split it at midnight/,
  ],
  [
    'intervals that overlap',
    { week: { tue: [day, { from: '11:59', to: '13:00' }] } },
    'week.tue[1]',
    /overlaps 08:00 to 12:00/,
  ],
  [
    'a time that no clock shows',
    { week: { mon: [{ from: '24:00', to: '24:00' }] } },
    'week.mon[0].from',
    /must be a time from 00:00 to 23:59/,
  ],
  [
    'a time of another form',
    { week: { mon: [{ from: '8h', to: '12:00' }] } },
    'week.mon[0].from',
    /such as "08:00"/,
  ],
  ['a day that no week has', { week: { monday: [day] } }, 'week.monday', /not a member that is known/],
  ['a zone that there is not', { timeZone: 'America/Brasilia' }, 'timeZone', /such as America\/Sao_Paulo/],
  ['an offset for a zone', { timeZone: '-03:00' }, 'timeZone', /such as America\/Sao_Paulo/],
  [
    'a date twice',
    {
      holidays: [
        { date: '2026-12-25', name: 'a', closed: true },
        { date: '2026-12-25', name: 'b', closed: true },
      ],
    },
    'holidays[1].date',
    /stands in the list already/,
  ],
  [
    'a date that no calendar has',
    { holidays: [{ date: '2026-02-29', name: 'a', closed: true }] },
    'holidays[0].date',
    /is not a date of the calendar/,
  ],
  [
    'a holiday without hours',
    { holidays: [{ date: '2026-12-25', name: 'a' }] },
    'holidays[0].intervals',
    /give the hours of that day, or "closed": true/,
  ],
  [
    'a closed holiday with hours',
    { holidays: [{ date: '2026-12-25', name: 'a', closed: true, intervals: [day] }] },
    'holidays[0].intervals',
    /leave one of the two out/,
  ],
  ['no name', { name: '' }, 'name', /is empty/],
  ['no week', { week: 'mon' }, 'week', /an object such as/],
] as const) {
  test(`${what} is refused with the field and the cure`, () => {
    assert.throws(
      () => readSchedule('c', { ...valid, ...change } as unknown as JsonObject),
      (error: unknown) => {
        assert.ok(error instanceof MaloteError);
        assert.deepEqual(
          error.fields?.map(each => each.field),
          [field],
        );
        assert.match(error.message, says);
        return true;
      },
    );
  });
}
