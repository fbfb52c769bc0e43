import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationMs } from '../../local/service-bus/durations.ts';
import { compileSqlFilter } from '../../local/service-bus/sql-filter.ts';

const message = {
  body: undefined,
  subject: 'Greeting',
  correlation_id: 'c-1',
  application_properties: {
    colour: 'red',
    'HR-Id': 7,
    price: 12.5,
    flag: true,
    note: "it's 100%",
    nothing: null,
  },
};

const matching = [
  '1=1',
  "colour = 'red'",
  "COLOUR = 'red'",
  "user.colour = 'red'",
  "colour <> 'blue'",
  "colour != 'blue'",
  "NOT colour = 'blue'",
  '[HR-Id] = 7',
  '"HR-Id" = 7',
  '[HR-Id] > -1',
  'price > 12 AND price < 13',
  'price >= 12.5 AND price <= 1.25E1',
  'flag = TRUE',
  "colour IN ('blue', 'red')",
  "colour NOT IN ('blue', 'green')",
  "colour LIKE 'r%'",
  "colour LIKE '_e_'",
  "colour NOT LIKE 'b%'",
  "note = 'it''s 100%'",
  "note LIKE '%100!%' ESCAPE '!'",
  "sys.Label = 'Greeting'",
  "sys.label LIKE 'Greet%'",
  "sys.CorrelationId = 'c-1'",
  'EXISTS(colour)',
  'EXISTS(nothing)',
  'NOT EXISTS(missing)',
  'missing IS NULL',
  'nothing IS NULL',
  'colour IS NOT NULL',
  "colour = 'blue' OR colour = 'red' AND price > 1",
  "(colour = 'blue' OR colour = 'red') AND price > 1",
  "missing = 1 OR colour = 'red'",
];

const notMatching = [
  "colour = 'Red'",
  "colour = 'blue'",
  "colour LIKE 'e'",
  'missing = 1',
  'NOT missing = 1',
  'missing <> 1',
  "missing NOT IN ('a')",
  "missing NOT LIKE 'a'",
  'nothing = NULL',
  "price = '12.5'",
  "missing = 1 AND colour = 'red'",
  'colour IS NULL',
  'EXISTS(missing)',
  "colour = 'red' AND (colour = 'blue' OR price > 100)",
];

const refused = [
  '',
  'colour',
  "colour = 'red' AND",
  "(colour = 'red'",
  "colour = 'red' price = 1",
  'price + 1 = 2',
  "colour = 'red",
  'sys.Nothing = 1',
  'other.colour = 1',
  'colour NOT = 1',
  'newid() = 1',
];

for (const sql of matching) {
  test(`lets the message in: ${sql}`, () => assert.equal(compileSqlFilter(sql)(message), true));
}

for (const sql of notMatching) {
  test(`keeps the message out: ${sql}`, () => assert.equal(compileSqlFilter(sql)(message), false));
}

for (const sql of refused) {
  test(`refuses the filter: ${sql || '(empty)'}`, () => {
    assert.throws(() => compileSqlFilter(sql), /SQL filter not understood/);
  });
}

test('durations are read as Azure writes them', () => {
  assert.equal(durationMs('PT1M'), 60_000);
  assert.equal(durationMs('PT1H30M5.5S'), 5_405_500);
  assert.equal(durationMs('P14D'), 14 * 86_400_000);
  assert.equal(durationMs('P1DT12H'), 36 * 3_600_000);
  for (const wrong of ['', 'P', 'PT', 'P1DT', '1H', 'P1M', 'PT1D', 'P1Y']) {
    assert.throws(() => durationMs(wrong), /is not a duration/, wrong);
  }
});
