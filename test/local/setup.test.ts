// The first command on a fresh clone, in a small project of its own with an npm that only says what it was asked.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, beforeEach, test } from 'node:test';

const root = await mkdtemp(join(tmpdir(), 'malote-setup-'));
after(() => rm(root, { recursive: true }));

/** Notes how it was called, then leaves what npm leaves: the packages and its own note of them. */
const npm = `
const { appendFileSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
if (process.env.NPM_FAILS) process.exit(7);
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/node/bin', { recursive: true });
symlinkSync(process.execPath, 'node_modules/node/bin/node');
writeFileSync('node_modules/node/package.json', '{}');
copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
`;

const main = `
import { existsSync } from 'node:fs';
const trusted = process.env.NODE_EXTRA_CA_CERTS;
if (process.argv[2] === 'exit') process.exitCode = Number(process.argv[3]);
if (process.argv[2] === 'wait') setInterval(() => {}, 1_000);
if (process.argv[3] === 'politely') process.once('SIGTERM', () => process.exit(5));
console.log(JSON.stringify({ words: process.argv.slice(2), trusted, exists: existsSync(trusted) }));
`;

let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(root, 'clone-'));
  const support = ['in-one-process', 'slowest-files'].map(name => `test/support/${name}.ts`);
  for (const file of ['local/setup.mjs', 'local/usual-ports.json', ...support]) {
    await cp(join(import.meta.dirname, '../..', file), join(project, file));
  }
  await put('test/support/whole-run.ts', 'export function globalSetup() {}');
  await put('npm.cjs', npm);
  await put('local/main.ts', main);
  await put(
    'local/tls.ts',
    `import { mkdirSync, writeFileSync } from 'node:fs';
    mkdirSync(process.argv[2], { recursive: true }); writeFileSync(process.argv[2] + '/ca.pem', '');`,
  );
  await put('package.json', '{ "type": "module" }');
  await putLock({ node: '24.0.0' });
});

test('a fresh clone is told what will be installed, gets it, and the command runs', async () => {
  const { code, stdout, stderr } = await setup(['start', '--port', '1']);
  assert.match(stderr, /^Will be installed first:\n {2}- 1 packages of package-lock\.json, with npm/);
  assert.deepEqual(await npmCalls(), ['ci --include=dev --no-audit --no-fund --loglevel=error']);
  const trusted = join(project, '.local/tls/ca.pem');
  assert.deepEqual(JSON.parse(stdout), { words: ['--port', '1'], trusted, exists: true });
  assert.equal(code, 0);
});

test('before anything is installed, what a script does is told and nothing is installed for it', async () => {
  const typed = { start: 'npm start', test: 'npm test', bench: 'npm run bench', check: 'npm run check' };
  const all = { ...typed, build: 'npm run build', fix: 'npm run fix', rooms: 'npm run rooms' };
  const helped = Object.entries(all).map(async ([name, words]) => {
    const { code, stdout, stderr } = await setup([name, '--help']);
    assert.deepEqual([code, stderr], [0, ''], name);
    assert.ok(stdout.startsWith(words), stdout);
  });
  await Promise.all(helped);
  assert.match((await setup(['start', '--help'])).stdout, /^ {2}--service-bus-port N +usually 5672$/m);
  await assert.rejects(npmCalls());
});

test('before anything is installed, a script that needs it says in one line what to do', async () => {
  const names = ['token', 'events', 'desktop', 'parse', 'reset'];
  const words = [
    ...names.flatMap(name => [[name], [name, '--help']]),
    ['check'],
    ['fix'],
    ['rooms'],
    ['build'],
  ];
  for (const each of words) {
    const { code, stdout, stderr } = await setup(each);
    assert.deepEqual([code, stdout], [1, ''], each.join());
    assert.match(
      stderr,
      /^npm run [^\n]+ not installed yet: npm test or npm start installs them first[^\n]+\n$/,
    );
  }
  await assert.rejects(npmCalls());
});

test('a script that takes no words refuses them', async () => {
  await setup(['install']);
  const { code, stderr } = await setup(['build', '--minify']);
  assert.deepEqual([code, stderr], [1, 'npm run build takes no arguments, so not "--minify".\n']);
});

test('an installation that takes long says how far it is, where no terminal shows it', async () => {
  const { stderr } = await setup(['install']);
  assert.match(
    stderr,
    /^ {2}0 of 1 packages are there, after 0 s\n {2}1 of 1 packages are there, after \d+ s\n/m,
  );
});

test('the slowest files are named at the end', async () => {
  for (const name of ['one', 'other']) await put(`test/${name}.test.ts`, '');
  const { stdout } = await setup(['test']);
  assert.match(stdout, /The slowest of 2 files:\n +\d+\.\d s {2}test\/(one|other)\.test\.ts\n/);
});

test('a second time nothing is installed and nothing is said', async () => {
  await setup(['start']);
  const { stderr } = await setup(['start']);
  assert.equal(stderr, '');
  assert.equal((await npmCalls()).length, 1);
});

test('a lockfile that asks for another version is installed again', async () => {
  await setup(['start']);
  await putLock({ node: '24.0.1', other: '1.0.0' });
  const { stderr } = await setup(['start']);
  assert.match(stderr, /- 2 packages/);
  assert.equal((await npmCalls()).length, 2);
});

test('packages for other systems may be missing', async () => {
  await setup(['start']);
  const lock = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8'));
  lock.packages['node_modules/fsevents'] = { version: '2.0.0', optional: true };
  await put('package-lock.json', JSON.stringify(lock));
  assert.equal((await setup(['start'])).stderr, '');
});

test('when npm fails, that is said and nothing is started', async () => {
  const { code, stdout, stderr } = await setup(['start'], { NPM_FAILS: 'yes' });
  assert.match(stderr, /npm ci failed \(exit code 7\): nothing was started\.\n$/);
  assert.equal(stdout, '');
  assert.equal(code, 1);
});

test('the exit code of the command is ours', async () => {
  assert.equal((await setup(['start', 'exit', '3'])).code, 3);
});

test('a signal reaches the command, which may end as it likes', async () => {
  const child = start(['start', 'wait', 'politely']);
  await once(child.stdout ?? child, 'data');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [5, null]);
});

test('a command that a signal ends makes us end by it', async () => {
  const child = start(['start', 'wait']);
  await once(child.stdout ?? child, 'data');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
});

test('tests are those of the folders and files named, or all', async () => {
  for (const name of ['mime/parse', 'mime/classify', 'domain/event']) {
    await put(`test/${name}.test.ts`, `import test from 'node:test'; test('${name}', () => {});`);
  }
  const names = async (...words: string[]) =>
    [...(await setup(['test', '--test-reporter=tap', ...words])).stdout.matchAll(/^ok \d+ - (.*)$/gm)]
      .map(([, name]) => name)
      .sort();
  assert.deepEqual(await names(), ['domain/event', 'mime/classify', 'mime/parse']);
  assert.deepEqual(await names('test/mime'), ['mime/classify', 'mime/parse']);
  assert.deepEqual(await names('test/mime/parse.test.ts', 'test/domain'), ['domain/event', 'mime/parse']);
  assert.deepEqual(await names('--test-name-pattern=classify', 'test/mime/classify.test.ts'), [
    'mime/classify',
  ]);
});

test('a failing test is a failing command', async () => {
  await put(
    'test/broken.test.ts',
    `import test from 'node:test'; test('broken', () => { throw new Error('no'); });`,
  );
  assert.equal((await setup(['test'])).code, 1);
});

test('a test file that is not there fails, instead of running all', async () => {
  await put('test/fine.test.ts', '');
  assert.equal((await setup(['test', 'test/mistyped'])).code, 1);
});

test('any other file runs as it is', async () => {
  await put('tool.ts', 'console.log(process.argv.slice(2).join())');
  assert.equal((await setup(['tool.ts', 'a', '--b'])).stdout, 'a,--b\n');
});

test('an old Node is told so at once', async () => {
  const pretend = 'data:text/javascript,Object.defineProperty(process.versions,`node`,{value:`18.20.0`})';
  const { code, stderr } = await setup(['start'], { NODE_OPTIONS: `--import=${pretend}` });
  assert.equal(stderr, 'This is Node 18.20.0; setting up needs Node 20 or newer.\n');
  assert.equal(code, 1);
});

function start(words: string[], environment: Record<string, string> = {}): ChildProcess {
  // Without the variable that tells a test runner that it runs in another one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawn(process.execPath, [join(project, 'local/setup.mjs'), ...words], {
    env: { ...env, npm_execpath: join(project, 'npm.cjs'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function setup(words: string[], environment: Record<string, string> = {}) {
  const child = start(words, environment);
  const { stdout, stderr } = child;
  assert.ok(stdout && stderr);
  const [output, errors, [code]] = await Promise.all([text(stdout), text(stderr), once(child, 'exit')]);
  return { code, stdout: output, stderr: errors };
}

async function npmCalls(): Promise<string[]> {
  return (await readFile(join(project, 'npm-calls'), 'utf8')).trim().split('\n');
}

async function putLock(versions: Record<string, string>): Promise<void> {
  const entries = Object.entries(versions).map(([name, version]) => [`node_modules/${name}`, { version }]);
  await put('package-lock.json', JSON.stringify({ packages: { '': {}, ...Object.fromEntries(entries) } }));
}

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), content);
}
