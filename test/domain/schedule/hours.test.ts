// Hours of a schedule: open or not, until when, and why; over weeks, holidays and the days on which clocks are changed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hoursAt, turnsBetween } from '../../../shared/domain/schedule/hours.ts';
import {
  type Interval,
  readSchedule,
  type Schedule,
  weekdays,
} from '../../../shared/domain/schedule/schedule.ts';

const interval = (text: string): Interval => {
  const [from = '', to = ''] = text.split('-');
  return { from, to };
};
/** Hours written `mon 08:00-12:00 13:00-18:00`, holidays `2026-12-25 Natal` with hours behind if there are any. */
function schedule(timeZone: string, ...lines: string[]): Schedule {
  const week: Record<string, Interval[]> = {};
  const holidays = [];
  for (const line of lines) {
    const [first = '', ...rest] = line.split(' ');
    if (/^\d/.test(first)) {
      const [name = '', ...times] = rest;
      holidays.push({
        date: first,
        name,
        ...(times.length > 0 ? { intervals: times.map(interval) } : { closed: true }),
      });
    } else week[first] = rest.map(interval);
  }
  return readSchedule('s', { name: 's', timeZone, week, holidays } as never);
}
const everyDay = (...hours: string[]) => weekdays.map(day => [day, ...hours].join(' '));
const open = (of: Schedule, at: string) => hoursAt(of, new Date(at)).open;
const changes = (of: Schedule, at: string) => hoursAt(of, new Date(at)).changesAt;
const turns = (of: Schedule, from: string, to: string) =>
  turnsBetween(of, new Date(from), new Date(to)).map(({ at, open }) => `${at} ${open ? 'opens' : 'closes'}`);

const commercial = schedule(
  'America/Sao_Paulo',
  ...weekdays.slice(0, 5).map(day => `${day} 08:00-12:00 13:00-18:00`),
  '2026-12-25 Natal',
  '2026-12-24 Véspera 08:00-11:00',
);

describe('a week', () => {
  test('is open from the first minute to before the last, and closed in the interval', () => {
    // Monday; Brasília is three hours behind.
    for (const [time, is] of [
      ['10:59:59.999', false],
      ['11:00:00.000', true],
      ['14:59:59.999', true],
      ['15:00:00.000', false],
      ['16:00:00.000', true],
      ['21:00:00.000', false],
    ] as const)
      assert.equal(open(commercial, `2026-03-02T${time}Z`), is, time);
  });

  test('says when it changes, over the weekend too', () => {
    assert.equal(changes(commercial, '2026-03-02T12:00:00Z'), '2026-03-02T15:00:00.000Z');
    assert.equal(changes(commercial, '2026-03-06T21:00:00Z'), '2026-03-09T11:00:00.000Z');
  });

  test('without any hours never opens, and with all of them never closes', () => {
    const never = schedule('UTC');
    assert.deepEqual(
      [open(never, '2026-03-02T12:00:00Z'), changes(never, '2026-03-02T12:00:00Z')],
      [false, null],
    );
    const always = schedule('America/New_York', ...everyDay('00:00-24:00'));
    assert.deepEqual(
      [open(always, '2026-03-02T12:00:00Z'), changes(always, '2026-03-02T12:00:00Z')],
      [true, null],
    );
  });

  test('that is always open closes on a holiday years ahead, and not on one that is past', () => {
    const always = schedule('UTC', ...everyDay('00:00-24:00'), '2024-12-25 Natal', '2031-12-25 Natal');
    assert.equal(changes(always, '2026-03-02T12:00:00Z'), '2031-12-25T00:00:00.000Z');
    assert.equal(changes(always, '2031-12-25T12:00:00Z'), '2031-12-26T00:00:00.000Z');
    assert.equal(changes(always, '2031-12-26T12:00:00Z'), null);
  });

  test('does not close where intervals touch, at midnight neither', () => {
    const night = schedule('UTC', 'mon 08:00-12:00 12:00-24:00', 'tue 00:00-06:00');
    assert.equal(changes(night, '2026-03-02T09:00:00Z'), '2026-03-03T06:00:00.000Z');
  });

  test('has its turns listed for the days to come', () => {
    assert.deepEqual(turns(commercial, '2026-12-23T20:00:00Z', '2026-12-28T12:00:00Z'), [
      '2026-12-23T21:00:00.000Z closes',
      '2026-12-24T11:00:00.000Z opens',
      '2026-12-24T14:00:00.000Z closes',
      '2026-12-28T11:00:00.000Z opens',
    ]);
  });

  test('says why: the hours that hold, between which, or the holiday', () => {
    const reason = (at: string) => hoursAt(commercial, new Date(at)).reason;
    const morning = { from: '08:00', to: '12:00' };
    assert.deepEqual(reason('2026-03-02T12:00:00Z'), { day: 'mon', holiday: null, interval: morning });
    assert.deepEqual(reason('2026-03-02T15:30:00Z'), { day: 'mon', holiday: null, interval: null });
    assert.deepEqual(reason('2026-12-25T15:30:00Z'), { day: 'fri', holiday: 'Natal', interval: null });
    const eve = { day: 'thu', holiday: 'Véspera', interval: { from: '08:00', to: '11:00' } };
    assert.deepEqual(reason('2026-12-24T12:00:00Z'), eve);
  });
});

describe('the day on which clocks are changed', () => {
  test('in São Paulo began at one in 2018: what opens at midnight opens then', () => {
    const zone = schedule('America/Sao_Paulo', ...everyDay('00:00-06:00'));
    assert.deepEqual(turns(zone, '2018-11-03T12:00:00Z', '2018-11-04T12:00:00Z'), [
      '2018-11-04T03:00:00.000Z opens',
      '2018-11-04T08:00:00.000Z closes',
    ]);
    const late = schedule('America/Sao_Paulo', ...everyDay('20:00-24:00'));
    assert.equal(changes(late, '2018-11-03T23:30:00Z'), '2018-11-04T03:00:00.000Z');
  });

  test('in São Paulo had eleven in the evening twice in 2018: what is open then is open both times', () => {
    const zone = schedule('America/Sao_Paulo', ...everyDay('23:15-23:45'));
    assert.deepEqual(turns(zone, '2018-02-17T12:00:00Z', '2018-02-18T12:00:00Z'), [
      '2018-02-18T01:15:00.000Z opens',
      '2018-02-18T02:45:00.000Z closes',
    ]);
  });

  test('in Lisbon: from a time that is left out, it opens at the next that there is', () => {
    const zone = schedule('Europe/Lisbon', ...everyDay('01:30-04:00'));
    assert.deepEqual(turns(zone, '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z'), [
      '2026-03-29T01:00:00.000Z opens',
      '2026-03-29T03:00:00.000Z closes',
    ]);
  });

  test('in New York: hours that are left out altogether do not open', () => {
    const zone = schedule('America/New_York', ...everyDay('02:15-02:45'));
    assert.deepEqual(turns(zone, '2026-03-08T00:00:00Z', '2026-03-09T00:00:00Z'), []);
    const autumn = schedule('America/New_York', ...everyDay('01:30-02:00'));
    assert.deepEqual(turns(autumn, '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'), [
      '2026-11-01T05:30:00.000Z opens',
      '2026-11-01T07:00:00.000Z closes',
    ]);
  });

  test('on Lord Howe Island is half an hour longer or shorter', () => {
    const zone = schedule('Australia/Lord_Howe', ...everyDay('00:00-12:00'));
    const length = (day: string) => {
      const [opens = '', closes = ''] = turns(
        zone,
        `${day}T12:00:00Z`,
        new Date(Date.parse(`${day}T12:00:00Z`) + 86_400_000).toISOString(),
      );
      return (Date.parse(closes.split(' ')[0]!) - Date.parse(opens.split(' ')[0]!)) / 3_600_000;
    };
    assert.deepEqual([length('2026-04-03'), length('2026-04-04'), length('2026-10-03')], [12, 12.5, 11.5]);
  });
});

describe('against a clock that is asked minute by minute', () => {
  /** What a clock on a wall of the zone shows: Intl knows nothing of our arithmetic. */
  function clockOf(timeZone: string): (instant: number) => { date: string; time: string; day: string } {
    const format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      dateStyle: 'short',
      timeStyle: 'short',
      hourCycle: 'h23',
    });
    const weekday = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' });
    return instant => {
      const [date = '', time = ''] = format.format(instant).split(', ');
      return { date, time, day: weekday.format(instant).toLowerCase() };
    };
  }

  /** A small generator, so that a failure can be repeated. */
  function numbers(seed: number): (below: number) => number {
    let state = seed;
    return below => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
  }

  const clock = (minutes: number) =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

  function anyHours(next: (below: number) => number): string[] {
    const marks = Array.from({ length: 2 * next(4) }, () => 15 * next(97)).sort((a, b) => a - b);
    const hours = [];
    for (let n = 0; n + 1 < marks.length; n += 2)
      if (marks[n]! < marks[n + 1]!) hours.push(`${clock(marks[n]!)}-${clock(marks[n + 1]!)}`);
    return hours;
  }

  // No clock is changed in these days: there a wall's clock says all.
  for (const [seed, timeZone] of [
    'America/Sao_Paulo',
    'Asia/Kathmandu',
    'Pacific/Kiritimati',
    'UTC',
  ].entries()) {
    test(`any week of ${timeZone} is open when its clock says so, and its turns are where that changes`, () => {
      const next = numbers(seed + 1);
      const read = clockOf(timeZone);
      for (let round = 0; round < 2; round++) {
        const of = schedule(
          timeZone,
          ...weekdays.map(day => [day, ...anyHours(next)].join(' ')),
          ...(next(2) ? [`2026-07-0${1 + next(9)} Feriado ${anyHours(next).join(' ')}`.trimEnd()] : []),
        );
        const start = Date.parse('2026-06-29T00:00:00Z');
        const expected: string[] = [];
        let before: boolean | undefined;
        for (let minute = 0; minute <= 7 * 24 * 60; minute += 15) {
          const { date, time, day } = read(start + minute * 60_000);
          const holiday = of.holidays.find(each => each.date === date);
          const hours = holiday ? holiday.intervals : of.week[day as 'mon'];
          const is = hours.some(({ from, to }) => from <= time && time < to);
          const at = new Date(start + minute * 60_000).toISOString();
          assert.equal(open(of, at), is, `${at} ${JSON.stringify(of)}`);
          if (before !== undefined && is !== before) expected.push(`${at} ${is ? 'opens' : 'closes'}`);
          before = is;
        }
        assert.deepEqual(turns(of, '2026-06-29T00:00:00Z', '2026-07-06T00:00:00Z'), expected);
      }
    });
  }
});
