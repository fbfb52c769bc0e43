// Checks the Bicep templates: they are formatted, compile and lint without a word, and make what their snapshots show.
// Usage: npm run infra [-- --write] [-- --require] [-- --dir DIR]
//   --write    formats the templates, and writes the snapshots anew
//   --require  fails where there is no compiler; without it that is said, and nothing is checked
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments } from '../local/arguments.ts';
import { findBicep } from './bicep-compiler.ts';

/** A deployment that never is: what snapshots are made for, the same on every machine. */
const deployment = {
  'subscription-id': '00000000-0000-4000-8000-000000000001',
  'tenant-id': '00000000-0000-4000-8000-000000000002',
  'resource-group': 'malote',
  location: 'brazilsouth',
  'deployment-name': 'malote',
};
const example = {
  AZURE_LOCATION: deployment.location,
  AZURE_ENV_NAME: 'example',
  MALOTE_ENTRA_AUDIENCE: '00000000-0000-4000-8000-000000000003',
  MALOTE_ALERT_ADDRESS: 'operators@contoso.example',
  MALOTE_BUDGET_FROM: '2026-12-01',
};

const { values } = readArguments('npm run infra', {
  options: {
    write: { type: 'boolean', default: false },
    require: { type: 'boolean', default: false },
    dir: { type: 'string', default: 'infra' },
  },
});
const { write, dir } = values;

const bicep = await findBicep();
if (bicep === undefined) {
  const why = 'there is no dotnet to fetch the compiler with, or this is not Linux on x64';
  console.error(`The Bicep templates were NOT CHECKED (skipped): ${why}.`);
  process.exit(values.require ? 1 : 0);
}

const files = await readdir(dir);
const faults: string[] = [];
if (write) await format(dir);
else await checkFormat();
await Promise.all(files.filter(file => file.endsWith('.bicepparam')).map(file => snapshot(join(dir, file))));
if (faults.length > 0) {
  console.error(faults.join('\n'));
  console.error(
    'Where a difference is meant: npm run infra -- --write, and read what it changed before you commit it.',
  );
  process.exit(1);
}

/** Formats every template and parameter file below a folder. */
async function format(below: string): Promise<void> {
  for (const ending of ['bicep', 'bicepparam'])
    await say(['format', '--pattern', join(below, `**/*.${ending}`)]);
}

/** The compiler can only format, not compare: a copy is formatted. */
async function checkFormat(): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'malote-infra-'));
  try {
    await cp(dir, copy, { recursive: true });
    await format(copy);
    for (const file of globSync(['**/*.bicep', '**/*.bicepparam'], { cwd: dir })) {
      const [ours, formatted] = await Promise.all(
        [dir, copy].map(each => readFile(join(each, file), 'utf8')),
      );
      if (ours !== formatted) faults.push(`${join(dir, file)} is not formatted.`);
    }
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** Compiles, lints and evaluates a parameter file with its templates. Whatever it says is a fault: a warning ends with 0. */
async function snapshot(file: string): Promise<void> {
  const options = Object.entries(deployment).flatMap(([name, value]) => [`--${name}`, value]);
  await say(['snapshot', file, '--mode', write ? 'overwrite' : 'validate', ...options]);
  if (write) await sortOutputs(file.replace('.bicepparam', '.snapshot.json'));
}

/** The compiler writes them in another order each time. */
async function sortOutputs(file: string): Promise<void> {
  const { outputs, ...rest } = JSON.parse(await readFile(file, 'utf8'));
  const sorted = Object.fromEntries(Object.entries(outputs).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, JSON.stringify({ ...rest, outputs: sorted }, null, 2));
}

async function say(args: string[]): Promise<void> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DOTNET_TieredPGO: '0', ...example };
  const { code, said } = await new Promise<{ code: unknown; said: string }>(resolve => {
    execFile(bicep ?? '', args, { env, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, said: `${stdout}${stderr}`.trim() }),
    );
  });
  if (code !== 0 || said !== '')
    faults.push(`bicep ${args.slice(0, 2).join(' ')}:\n${said || `exit code ${code}`}`);
}
