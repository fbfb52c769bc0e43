// Spool folders of processes that are gone are removed; nothing of a process that lives, and nothing else.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { removeLeftSpools, spoolPrefix } from '../shared/spool-folders.ts';

const parent = await mkdtemp(join(tmpdir(), 'malote-test-spools-'));
after(() => rm(parent, { recursive: true }));

/** Another process that has a folder with a mail in it. */
async function startSpooling() {
  const script = `
    import { mkdtempSync, writeFileSync } from 'node:fs';
    import { spoolPrefix } from './shared/spool-folders.ts';
    const folder = mkdtempSync(${JSON.stringify(parent)} + '/' + spoolPrefix());
    writeFileSync(folder + '/raw', 'half of a mail');
    console.log(folder);
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const kill = async () => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return {
    name: String(line)
      .trim()
      .slice(parent.length + 1),
    kill,
  };
}

test('what a process left that was killed is removed, and what a living one has stays', async () => {
  const [killed, living] = [await startSpooling(), await startSpooling()];
  await killed.kill();
  assert.deepEqual((await readdir(parent)).toSorted(), [killed.name, living.name].toSorted());
  await removeLeftSpools(parent);
  assert.deepEqual(await readdir(parent), [living.name]);
  await living.kill();
  await removeLeftSpools(parent);
  assert.deepEqual(await readdir(parent), []);
});

test('what bears the id of this process is of another, until it has a folder itself', async () => {
  const script = `
    import { mkdirSync, readdirSync } from 'node:fs';
    import { removeLeftSpools, spoolPrefix } from './shared/spool-folders.ts';
    const left = process.argv[1].replace('ID', process.pid);
    mkdirSync(left);
    await removeLeftSpools(${JSON.stringify(parent)});
    const afterStart = readdirSync(${JSON.stringify(parent)}).length;
    mkdirSync(${JSON.stringify(parent)} + '/' + spoolPrefix() + 'own');
    await removeLeftSpools(${JSON.stringify(parent)});
    console.log(afterStart, readdirSync(${JSON.stringify(parent)}).length);`;
  const left = join(parent, `${spoolPrefix().replace(`-${process.pid}-`, '-ID-')}left`);
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, left], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [counts] = await once(child.stdout.setEncoding('utf8'), 'data');
  await once(child, 'exit');
  assert.equal(String(counts).trim(), '0 1');
  await removeLeftSpools(parent);
  assert.deepEqual(await readdir(parent), []);
});

test('what is of another namespace of process ids, or of something else, stays', async () => {
  const names = ['malote-spool-1-999999999-abcdef', 'malote-other', 'malote-spool-x', 'mail'];
  for (const name of names) await mkdir(join(parent, name));
  await writeFile(join(parent, 'malote-spool-file'), '');
  await removeLeftSpools(parent);
  assert.deepEqual((await readdir(parent)).toSorted(), [...names, 'malote-spool-file'].toSorted());
});
