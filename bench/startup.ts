// What starting the app costs: the processor's time and memory for loading the bundle that is deployed, beside an app with one
// function that does nothing. The worker of Azure Functions loads every function's file before it serves anything.
// Usage: node local/setup.mjs bench/startup.ts   (about a minute)
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { makeScratchFolder } from './scratch.ts';

const ROUNDS = 15;

/** Loads the files of a folder one after the other, as the worker does, and prints what that took. */
const loader = `
const { readdirSync } = require('node:fs');
const { Module } = require('node:module');
const own = Module.prototype.require;
const core = {
  version: 'bench', hostVersion: 'bench',
  registerFunction: () => ({ dispose() {} }), registerHook: () => ({ dispose() {} }),
  setProgrammingModel() {}, getProgrammingModel() {}, log() {},
};
Module.prototype.require = function (id) {
  return id === '@azure/functions-core' ? core : own.call(this, id);
};
(async () => {
  const before = process.cpuUsage();
  for (const file of readdirSync(process.argv[2])) {
    if (file.endsWith('.js')) await import('file://' + process.argv[2] + '/' + file);
  }
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpuMs: (user + system) / 1000, rssMb: process.memoryUsage.rss() / 1e6 }));
})();
`;

type Start = { cpuMs: number; rssMb: number };

const dir = await makeScratchFolder();
try {
  await writeFile(join(dir, 'package.json'), '{"type":"module"}');
  await writeFile(join(dir, 'load.cjs'), loader);
  execFileSync(process.execPath, ['build.ts', '--no-maps', '--out', join(dir, 'malote')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await buildEmptyApp();
  const apps = { malote: join(dir, 'malote/functions'), 'an empty app': join(dir, 'empty') };
  const starts = new Map<string, Start[]>(Object.keys(apps).map(name => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, folder] of Object.entries(apps)) starts.get(name)?.push(start(folder));
  }
  for (const [name, each] of starts) {
    const median = (figure: keyof Start) =>
      each.map(one => one[figure]).toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0;
    console.log(
      `${name.padEnd(12)}  ${median('cpuMs').toFixed(0)} ms CPU, ${median('rssMb').toFixed(0)} MB (median of ${ROUNDS})`,
    );
  }
} finally {
  await rm(dir, { recursive: true });
}

async function buildEmptyApp(): Promise<void> {
  await mkdir(join(dir, 'empty'));
  await build({
    stdin: {
      contents: `import { app } from '@azure/functions';
app.http('empty', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ body: '' }) });`,
      resolveDir: process.cwd(),
    },
    outfile: join(dir, 'empty/empty.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['@azure/functions-core'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}

function start(folder: string): Start {
  const printed = execFileSync(process.execPath, [join(dir, 'load.cjs'), folder], { encoding: 'utf8' });
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '{}');
}
