// Bundles the function app into dist/: what is deployed. Usage: node build.ts [--out DIR] [--no-maps]
//
// The worker loads `main` when it starts, so a cold start reads all that it imports, whatever is called first. All functions
// are one entry, for every file costs a start more than what is in it: with an entry for each of them, 117 files were read in
// 0.32 s of the processor, now it is a few in 0.18 s. It is split where the source says import(): what is seldom used, or
// large, is read with its first use.
import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { build, type Plugin } from 'esbuild';

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dist' }, 'no-maps': { type: 'boolean', default: false } },
});

/** The entry `functions`: the files of that folder, one after the other, as their names sort. */
const allFunctions: Plugin = {
  name: 'all functions',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^functions$/ }, ({ path }) => ({ path, namespace: 'all' }));
    onLoad({ filter: /^functions$/, namespace: 'all' }, () => ({
      contents: globSync('functions/*.ts')
        .sort()
        .map(file => `import './${file}';`)
        .join('\n'),
      resolveDir: '.',
    }));
  },
};

await rm(values.out, { recursive: true, force: true });
const result = await build({
  entryPoints: { app: 'functions', 'mime-worker': 'shared/mime/parse-worker.ts' },
  outdir: values.out,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  sourcemap: !values['no-maps'],
  // The host provides it; it is in no package.
  plugins: [allFunctions],
  external: ['@azure/functions-core'],
  // Some packages are CommonJS and call require() for what Node itself provides.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
});
const outputs = Object.entries(result.metafile.outputs).filter(([file]) => file.endsWith('.js'));
const bytes = outputs.reduce((sum, [, { bytes }]) => sum + bytes, 0);
console.log(`${values.out}/: ${outputs.length} files, ${(bytes / 1e6).toFixed(1)} MB`);
