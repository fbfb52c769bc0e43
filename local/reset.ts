// `npm run reset`: forgets everything the local stack keeps, but for its certificates.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readArguments } from './arguments.ts';
import { isRunning } from './running.ts';

const dir = '.local';
const help = `Forgets everything that the local stack keeps under ${dir}/, but for its certificates.

Usage: npm run reset`;

const { values } = readArguments('npm run reset', {
  options: { help: { type: 'boolean', short: 'h', default: false } },
});
if (values.help) console.log(help);
else if (await isRunning()) {
  console.error('The local stack is running: stop it with Ctrl-C first.');
  process.exitCode = 1;
} else {
  const kept = (await readdir(dir).catch(() => [])).filter(name => name !== 'tls');
  for (const name of kept) await rm(join(dir, name), { recursive: true, force: true });
  console.log(
    kept.length > 0
      ? `Forgotten: all that was under ${dir}/, but for its certificates.`
      : 'Nothing to forget.',
  );
}
