// Makes what is deployed, a folder and a zip of it, and starts it from the zip to see that it answers.
// Usage: npm run package [-- --out DIR], `out` unless told
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { unzipSync, zipSync } from 'fflate';
import { readArguments } from '../local/arguments.ts';
import { FunctionsCore } from '../local/host/core-module.ts';
import { loadFunctions } from '../local/host/load-app.ts';

const deployedMembers = ['name', 'version', 'private', 'type', 'main'] as const;
/** A queue must be named for the app to start; nobody is there. */
const noBus =
  'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true;';

/**
 * What azd's npm leaves in the folder when it looks for packages. That node_modules is not named tells azd that nothing is to be
 * built in the cloud.
 */
const ignored = '/package-lock.json\n';

const { values } = readArguments('npm run package', { options: { out: { type: 'string', default: 'out' } } });
const folder = join(values.out, 'malote');
const zipFile = join(values.out, 'malote.zip');

// The bundle needs nobody else, so there is no node_modules; maps are for us.
await rm(folder, { recursive: true, force: true });
execFileSync(process.execPath, ['build.ts', '--out', join(folder, 'dist'), '--no-maps'], {
  stdio: 'inherit',
});
await cp('host.json', join(folder, 'host.json'));
await writeFile(join(folder, '.funcignore'), ignored);
const own = JSON.parse(await readFile('package.json', 'utf8'));
const manifest = Object.fromEntries(deployedMembers.map(member => [member, own[member]]));
await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
const zip = await zipOf(folder);
await writeFile(zipFile, zip);

const started = await startFrom(zip);
const expected = await functionsOfSource();
if (started.join() !== expected.join()) {
  throw new Error(
    `The package has the functions ${started.join(', ')}; the source has ${expected.join(', ')}`,
  );
}
console.log(
  `${folder}/ and ${zipFile}: ${(zip.length / 1e6).toFixed(1)} MB, ${started.length} functions, it answers`,
);
process.exit();

/** Sorted and without the time of day, so that the same source gives the same bytes. */
async function zipOf(dir: string): Promise<Uint8Array> {
  const files = globSync(['**/*', '.funcignore'], { cwd: dir, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(dir.length + 1)
        .replaceAll('\\', '/'),
    );
  const entries: Record<string, Uint8Array> = {};
  for (const file of files.sort()) entries[file] = await readFile(join(dir, file));
  return zipSync(entries, { level: 9, mtime: '1980-01-01T00:00:00' });
}

/** Starts the zip in a folder of its own, where no node_modules can help it out. @returns the names of its functions, sorted */
async function startFrom(packed: Uint8Array): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'malote-package-'));
  for (const [name, bytes] of Object.entries(unzipSync(packed))) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), bytes);
  }
  const args = ['local/host/main.ts', '--dir', dir, '--port', '0', '--entry', own.main];
  const host = spawn(process.execPath, args, {
    env: { ...process.env, ServiceBus: noBus },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    for await (const line of createInterface(host.stdout)) {
      const { event, message, url, functions } = JSON.parse(line);
      if (event === 'host-failed') throw new Error(`The package does not start: ${message}`);
      if (event !== 'host-started') continue;
      const { status } = await fetch(`${url}/api/health/live`);
      if (status !== 200) throw new Error(`The package does not answer: /api/health/live is ${status}`);
      return functions.sort();
    }
    throw new Error('The package does not start, and says nothing');
  } finally {
    if (host.exitCode === null && host.kill('SIGTERM')) await once(host, 'exit');
    await rm(dir, { recursive: true });
  }
}

async function functionsOfSource(): Promise<string[]> {
  process.env.ServiceBus ??= noBus;
  const functions = await loadFunctions(new FunctionsCore(() => {}), '.', ['functions/*.ts'], true);
  return functions.map(({ name }) => name).sort();
}
