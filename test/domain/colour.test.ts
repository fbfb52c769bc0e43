// Colours that can be read: WCAG's own figures, and what becomes of a company's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrastBetween, inkOn, LEAST_CONTRAST, onDarkPaper, paper } from '../../shared/domain/colour.ts';
import { randomFrom } from '../support/random.ts';

test('contrast is that of WCAG', () => {
  // The two greys that are known for being just enough on white, and just not: https://webaim.org/articles/contrast/
  for (const [colour, expected] of [
    ['#000000', 21],
    ['#ffffff', 1],
    ['#767676', 4.54],
    ['#777777', 4.48],
    ['#0000ff', 8.59],
    ['#ff0000', 4],
  ] as const) {
    assert.equal(Number(contrastBetween(colour, '#ffffff').toFixed(2)), expected, colour);
    assert.equal(contrastBetween('#ffffff', colour), contrastBetween(colour, '#ffffff'));
  }
});

test('on any colour words can be read, and on the dark paper any colour becomes readable', () => {
  const random = randomFrom(11);
  const colours = Array.from({ length: 500 }, () => {
    const number = Math.floor(random.next() * 0x1000000);
    return `#${number.toString(16).padStart(6, '0')}`;
  });
  for (const colour of [...colours, '#000000', '#ffffff']) {
    assert.ok(contrastBetween(colour, inkOn(colour)) >= LEAST_CONTRAST, colour);
    assert.ok(contrastBetween(onDarkPaper(colour), paper.dark) >= LEAST_CONTRAST, colour);
  }
});
