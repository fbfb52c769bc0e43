// The check of the Bicep templates: it fails at a warning, at a fault, at one that is not formatted, and at a template that makes something else than it did.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findBicep } from '../../tools/bicep-compiler.ts';

const without = (await findBicep()) === undefined && 'there is no dotnet to fetch the Bicep compiler with';

/** A template of one resource that may be broken, with its snapshot as it is without that. */
const template = `param name string
resource vault 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: 'brazilsouth'
}
`;
const rules = '{ "analyzers": { "core": { "rules": { "no-hardcoded-location": { "level": "off" } } } } }';

function check(dir: string, ...options: string[]) {
  const args = ['tools/infra.ts', '--dir', dir, '--require', ...options];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, said: stderr };
}

test('a template that is broken on purpose does not pass', { skip: without }, t => {
  const dir = mkdtempSync(join(tmpdir(), 'malote-infra-'));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'bicepconfig.json'), rules);
  writeFileSync(join(dir, 'main.bicepparam'), "using 'main.bicep'\nparam name = 'a'\n");
  const write = (text: string) => writeFileSync(join(dir, 'main.bicep'), text);
  write(template);
  assert.deepEqual(check(dir, '--write'), { status: 0, said: '' });

  for (const [text, word] of [
    // The compiler itself ends with 0 at this one.
    [`param unused string = ''\n${template}`, /no-unused-params/],
    [template.replace('brazilsouth', 'northeurope'), /northeurope/],
    [template.replace('  name: name', 'name:   name'), /main\.bicep is not formatted/],
  ] as const) {
    write(text);
    const { status, said } = check(dir);
    assert.equal(status, 1, text);
    assert.match(said, word);
  }
});

test('where the compiler cannot be had, that is said, and required it is a failure', () => {
  const dir = mkdtempSync(join(tmpdir(), 'malote-infra-'));
  try {
    // A clone without the compiler in its cache, and no dotnet on the path.
    for (const part of ['tools', 'local/arguments.ts', 'package.json'])
      cpSync(part, join(dir, part), { recursive: true });
    const run = (...options: string[]) =>
      spawnSync(process.execPath, ['tools/infra.ts', ...options], {
        cwd: dir,
        env: { PATH: '' },
        encoding: 'utf8',
      });
    const optional = run();
    assert.match(optional.stderr, /NOT CHECKED \(skipped\)/);
    assert.equal(optional.status, 0);
    assert.equal(run('--require').status, 1);
    assert.ok(readFileSync('.ci/run', 'utf8').includes('infra -- --require'));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
