// Bundles the function app into dist/: what is deployed. Shared code is split into chunks, so that a cold start reads
// only what its function needs.
import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
const result = await build({
  entryPoints: [...globSync('functions/*.ts'), { in: 'shared/mime/parse-worker.ts', out: 'mime-worker' }].map(
    entry => (typeof entry === 'string' ? { in: entry, out: entry.replace(/\.ts$/, '') } : entry),
  ),
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  sourcemap: true,
  // The host provides it; it is in no package.
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
console.log(`dist/: ${outputs.length} files, ${(bytes / 1e6).toFixed(1)} MB`);
