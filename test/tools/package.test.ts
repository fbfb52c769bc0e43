// The package that is deployed: what is in it, and what is not. That it starts and answers, it checks itself.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { unzipSync } from 'fflate';

const out = mkdtempSync(join(tmpdir(), 'malote-out-'));
let said: string;
before(() => {
  said = execFileSync(process.execPath, ['tools/package.ts', '--out', out], { encoding: 'utf8' });
});
after(() => rmSync(out, { recursive: true }));

test('it has the bundle, host.json and a manifest without dependencies, and nothing else', () => {
  const files = unzipSync(readFileSync(join(out, 'malote.zip')));
  const names = Object.keys(files);
  assert.deepEqual(names.filter(name => !name.startsWith('dist/')).toSorted(), [
    '.funcignore',
    'host.json',
    'package.json',
  ]);
  for (const needed of ['dist/app.js', 'dist/mime-worker.js']) assert.ok(names.includes(needed), needed);
  assert.deepEqual(
    names.filter(name => name.startsWith('dist/') && !name.endsWith('.js')),
    [],
  );
  const manifest = JSON.parse(Buffer.from(files['package.json']!).toString());
  assert.deepEqual(Object.keys(manifest), ['name', 'version', 'private', 'type', 'main']);
  for (const name of names) {
    assert.ok(Buffer.from(files[name]!).equals(readFileSync(join(out, 'malote', name))), name);
  }
});

test('it says how large it is, and that it answers', () => {
  assert.match(said, /malote\.zip: [1-3]\.\d MB, \d+ functions, it answers/);
});

const noClone = {
  skip: existsSync('.git') ? false : 'this is no clone: nothing tells which files are the project',
};
test('.funcignore leaves the rest of the project out, and the bundle in', noClone, () => {
  const ignoredBy = (path: string) => {
    try {
      const args = ['-c', 'core.excludesFile=.funcignore', 'check-ignore', '--no-index', '-v', path];
      return execFileSync('git', args, { encoding: 'utf8' }).startsWith('.funcignore:');
    } catch {
      return false;
    }
  };
  const tracked = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n');
  const top = new Set(tracked.map(path => path.split('/')[0] ?? ''));
  assert.deepEqual(
    [...top].filter(name => !ignoredBy(name)),
    ['host.json', 'package.json'],
  );
  const rules = readFileSync('.funcignore', 'utf8').trim().split('\n').slice(1);
  // A name without its place would match inside dist/ too, which has functions/.
  assert.deepEqual(
    rules.filter(rule => !/^(\/|\*\.(log|map)$)/.test(rule)),
    [],
  );
});
