// What is said of the packages that run in production is said of all of them, and of no others.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const { dependencies, overrides } = JSON.parse(readFileSync('package.json', 'utf8'));
const [packages = '', exceptions = ''] = readFileSync('docs/dependencies.md', 'utf8').split(
  '\n## Overrides\n',
);

/** The packages that the rows of a table begin with. */
function named(page: string): string[] {
  return [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name as string);
}

describe('docs/dependencies.md', () => {
  it('has a line for each production dependency of package.json', () => {
    assert.deepEqual(named(packages), Object.keys(dependencies));
  });

  it('has the reason of each override', () => {
    assert.deepEqual(named(exceptions), Object.keys(overrides));
  });
});
