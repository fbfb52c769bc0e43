// A file that is made once and found again: keys and certificates that outlive a restart.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What `file` holds; `make` says what to put there when there is none. Without a file nothing is kept. */
export async function readOrMake(file: string | undefined, make: () => Promise<string>): Promise<string> {
  if (file === undefined) return make();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = await make();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, made, { mode: 0o600 });
  return made;
}
