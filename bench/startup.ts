// What starting the app costs: the processor's time and memory for loading the bundle that is deployed, beside an app with one
// function that does nothing. The worker of Azure Functions loads all of it before it serves anything.
// Usage: node local/setup.mjs bench/startup.ts   (about a minute)
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { makeScratchFolder } from './scratch.ts';

const ROUNDS = 15;

/** Loads the file that the manifest names, as the worker does, and prints what that took. */
const loader = `
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
  await import('file://' + process.argv[2]);
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
  const apps = { malote: join(dir, 'malote/app.js'), 'an empty app': join(dir, 'empty.js') };
  const starts = new Map<string, Start[]>(Object.keys(apps).map(name => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, file] of Object.entries(apps)) starts.get(name)?.push(start(file));
  }
  for (const [name, each] of starts) {
    const cpuMs = each.map(one => one.cpuMs).toSorted((a, b) => a - b);
    const rssMb = each.map(one => one.rssMb).toSorted((a, b) => a - b);
    const figures = [cpuMs[ROUNDS >> 1], cpuMs[0], rssMb[ROUNDS >> 1]].map(figure => figure?.toFixed(0));
    console.log(
      `${name.padEnd(12)}  ${figures[0]} ms CPU (least ${figures[1]}), ${figures[2]} MB; median of ${ROUNDS}`,
    );
  }
} finally {
  await rm(dir, { recursive: true });
}

async function buildEmptyApp(): Promise<void> {
  await build({
    stdin: {
      contents: `import { app } from '@azure/functions';
app.http('empty', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ body: '' }) });`,
      resolveDir: process.cwd(),
    },
    outfile: join(dir, 'empty.js'),
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

function start(file: string): Start {
  const printed = execFileSync(process.execPath, [join(dir, 'load.cjs'), file], { encoding: 'utf8' });
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '{}');
}
