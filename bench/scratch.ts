// Folders in memory where the system has that, so that a figure is not one of the disk: there fsync costs nothing either.
import { existsSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A new folder, to be removed by whoever asks. Others may enter it: servers run as somebody else when we are root. */
export async function makeScratchFolder(): Promise<string> {
  const dir = await mkdtemp(join(base, 'malote-bench-'));
  await chmod(dir, 0o755);
  return dir;
}
