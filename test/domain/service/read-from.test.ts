// The instant that a date means, in zones whose clocks jump.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReadFrom } from '../../../shared/domain/service/read-from.ts';

const instantOf = (text: string, zone: string) => {
  const parsed = parseReadFrom(text, zone);
  return 'instant' in parsed ? parsed.instant.toISOString() : parsed.fault;
};

for (const [text, zone, expected, because] of [
  ['2026-03-01', 'America/Sao_Paulo', '2026-03-01T03:00:00.000Z', 'midnight in the zone'],
  ['2026-03-01', 'Asia/Kolkata', '2026-02-28T18:30:00.000Z', 'an offset of half an hour'],
  ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z', 'clocks went from 00:00 to 01:00'],
  ['2018-02-18', 'America/Sao_Paulo', '2018-02-18T03:00:00.000Z', 'clocks went back to the day before'],
  ['2026-11-01', 'America/Havana', '2026-11-01T04:00:00.000Z', 'midnight comes twice: the first'],
  ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', 'clocks jump later that day'],
  ['2011-12-31', 'Pacific/Apia', '2011-12-30T10:00:00.000Z', 'the day before did not exist'],
  ['2026-03-01T08:00:00-03:00', 'Asia/Tokyo', '2026-03-01T11:00:00.000Z', 'its own offset counts'],
  ['2026-03-01T08:00Z', 'Asia/Tokyo', '2026-03-01T08:00:00.000Z', 'seconds may be left out'],
  ['2026-03-01T08:00:00.123456+00:00', 'UTC', '2026-03-01T08:00:00.123Z', 'milliseconds are kept'],
] as const) {
  test(`${text} in ${zone}: ${because}`, () => assert.equal(instantOf(text, zone), expected));
}

for (const text of ['2026-13-01', '2026-00-10', '2026-03-01T24:00:00Z', '2026-03-01T08:00:00+25:00', '']) {
  test(`"${text}" is refused`, () => assert.ok('fault' in parseReadFrom(text, 'UTC')));
}
