// Writes the OpenAPI document of the app, and lints it. Usage: node tools/openapi.ts [FILE]
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApiOf } from '../shared/http/openapi/document.ts';
import { loadRoutes, root } from './functions.ts';

const text = JSON.stringify(openApiOf(await loadRoutes()), null, 2);

const [target] = process.argv.slice(2);
if (target !== undefined) await writeFile(target, text);
else {
  const dir = await mkdtemp(join(tmpdir(), 'malote-openapi-'));
  const file = join(dir, 'openapi.json');
  await writeFile(file, text);
  const linter = join(root, 'node_modules/@redocly/cli/bin/cli.js');
  // Nothing is told to anybody, nor asked.
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const words = [linter, 'lint', file, '--config', 'redocly.yaml'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, env, encoding: 'utf8' });
  await rm(dir, { recursive: true });
  if (status !== 0) console.error(stdout + stderr);
  process.exitCode = status ?? 1;
}
