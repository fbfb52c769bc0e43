// The corpus is the specification: each fixture `.eml` beside the `.json` that parsing it has to give.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type ParsedMail, parse } from '../../shared/mime/parse.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const names = readdirSync(fixtures)
  .filter(file => file.endsWith('.eml'))
  .map(file => file.slice(0, -'.eml'.length));
const options = { ownAddresses: ['suporte@example.net'] };

/** What the `.json` holds: the mail, and the first bytes of each attachment for the eye. */
function readable({ mail, attachments }: ParsedMail): unknown {
  const beginnings = attachments.map(kept => {
    assert.ok('content' in kept);
    return Buffer.from(kept.content).toString('latin1', 0, 60);
  });
  return JSON.parse(JSON.stringify({ ...mail, contents: beginnings }));
}

describe('the corpus of mails', () => {
  it('has cases', () => {
    assert.ok(names.length > 50, `only ${names.length} mails found in ${fixtures}`);
  });

  for (const name of names) {
    it(`reads ${name}`, async () => {
      const actual = readable(await parse(readFileSync(join(fixtures, `${name}.eml`)), options));
      const expectedFile = join(fixtures, `${name}.json`);
      const expected = existsSync(expectedFile) ? JSON.parse(readFileSync(expectedFile, 'utf8')) : undefined;
      if (isDeepStrictEqual(actual, expected)) return;
      const folder = join(tmpdir(), 'malote-mime');
      mkdirSync(folder, { recursive: true });
      const actualFile = join(folder, `${name}.json`);
      writeFileSync(actualFile, `${JSON.stringify(actual, null, 2)}\n`);
      assert.fail(`${name} is read differently: diff ${expectedFile} ${actualFile}`);
    });

    it(`reads ${name} the same in pieces of any size`, async () => {
      const raw = readFileSync(join(fixtures, `${name}.eml`));
      const whole = await parse(raw, options);
      for (const size of [1, 7, 64]) {
        const pieces = Array.from({ length: Math.ceil(raw.length / size) }, (_, i) =>
          raw.subarray(i * size, (i + 1) * size),
        );
        assert.deepEqual(await parse(Readable.from(pieces), options), whole, `in pieces of ${size} bytes`);
      }
    });
  }
});
