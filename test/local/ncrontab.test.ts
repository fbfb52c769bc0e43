// When a timer is due, by the rules of NCRONTAB.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextOccurrence, parseSchedule } from '../../local/host/ncrontab.ts';

const next = (expression: string, after: string) =>
  new Date(nextOccurrence(parseSchedule(expression), Date.parse(after))).toISOString();

const cases: [title: string, expression: string, after: string, due: string][] = [
  ['every second', '* * * * * *', '2026-01-01T00:00:00.500Z', '2026-01-01T00:00:01.000Z'],
  ['strictly after, even on the dot', '0 * * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:01:00.000Z'],
  ['a step', '0 */5 * * * *', '2026-01-01T00:00:01Z', '2026-01-01T00:05:00.000Z'],
  ['a step from a start to the end', '0 50/4 * * * *', '2026-01-01T00:54:30Z', '2026-01-01T00:58:00.000Z'],
  ['a list, with a step of hours', '15 2,14 */6 * * *', '2026-01-01T00:14:15Z', '2026-01-01T06:02:15.000Z'],
  ['a range of named days', '0 30 9 * * Mon-Fri', '2026-01-02T10:00:00Z', '2026-01-05T09:30:00.000Z'],
  [
    'a named month, over the turn of the year',
    '0 0 0 1 JAN *',
    '2026-01-01T00:00:00Z',
    '2027-01-01T00:00:00.000Z',
  ],
  ['the leap day', '0 0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['the 31st skips short months', '0 0 0 31 * *', '2026-01-31T00:00:00Z', '2026-03-31T00:00:00.000Z'],
  ['day and day of week must both match', '0 0 0 13 * 5', '2026-01-01T00:00:00Z', '2026-02-13T00:00:00.000Z'],
  ['five fields are without seconds', '30 4 * * *', '2026-01-01T04:30:00Z', '2026-01-02T04:30:00.000Z'],
];

for (const [title, expression, after, due] of cases) {
  test(`${title}: ${expression}`, () => assert.equal(next(expression, after), due));
}

const faults: [expression: string, message: RegExp][] = [
  ['0 0 * * *  * *', /must have six fields/],
  ['00:05:00', /must have six fields/],
  ['60 * * * * *', /'60' is not a second \(0-59\)/],
  ['0 0 24 * * *', /'24' is not a hour/],
  ['0 0 0 0 * *', /'0' is not a day \(1-31\)/],
  ['0 0 0 * * 7', /'7' is not a day of week \(0-6\)/],
  ['0 0 0 * foo *', /'foo' is not a month/],
  ['0 0 0 * * Fri-Mon', /'Fri-Mon' is not a day of week/],
  ['0 */0 * * * *', /'\*\/0' is not a minute/],
  ['0 0 0 ? * *', /'\?' is not a day/],
];

for (const [expression, message] of faults) {
  test(`'${expression}' is refused by name`, () => assert.throws(() => parseSchedule(expression), message));
}

test('a day that never comes is said rather than sought for ever', () => {
  assert.throws(() => next('0 0 0 30 2 *', '2026-01-01T00:00:00Z'), /never comes/);
});
