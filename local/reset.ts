// `npm run reset`: forgets everything the local stack keeps, but for its certificates.
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const dir = '.local';
if (existsSync(join(dir, 'stack.json'))) {
  console.error(
    'The local stack is running: stop it with Ctrl-C first. (If it is not, remove .local/stack.json.)',
  );
  process.exitCode = 1;
} else {
  const kept = existsSync(dir) ? (await readdir(dir)).filter(name => name !== 'tls') : [];
  for (const name of kept) await rm(join(dir, name), { recursive: true, force: true });
  console.log(
    kept.length > 0
      ? 'Forgotten: all that was under .local/, but for its certificates.'
      : 'Nothing to forget.',
  );
}
