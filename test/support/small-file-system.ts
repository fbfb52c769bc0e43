// A file system of so many megabytes, in memory, for a test file; it may be filled and emptied.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const FILLER = 'filler';

export type SmallFileSystem = {
  dir: string;
  /** Why there is none here, or false. */
  skip: string | false;
  /** Takes up all of it but so many bytes. */
  fill: (leavingBytes: number) => Promise<void>;
  empty: () => Promise<void>;
  /** What else lies there. */
  list: () => Promise<string[]>;
  /** How many bytes the files in its folders have. */
  sizes: () => Promise<number[]>;
};

/** Call at the top of a test file, before what works in it is started: what is mounted last is unmounted when all else has ended. */
export function mountSmallFileSystem(megabytes: number): SmallFileSystem {
  const dir = mkdtempSync(join(tmpdir(), 'malote-test-disk-'));
  const skip = mount(dir, megabytes);
  const filler = join(dir, FILLER);
  return {
    dir,
    skip,
    async fill(leavingBytes) {
      const { bavail, bsize } = await statfs(dir);
      const file = await open(filler, 'a');
      await file.write(Buffer.alloc(bavail * bsize - leavingBytes));
      await file.close();
    },
    empty: () => rm(filler, { force: true }),
    list: async () => (await readdir(dir)).filter(name => name !== FILLER),
    async sizes() {
      const names = await readdir(dir, { recursive: true });
      const found = await Promise.all(names.map(name => stat(join(dir, name)).catch(() => undefined)));
      return found.flatMap(file => (file?.isFile() ? file.size : []));
    },
  };
}

function mount(dir: string, megabytes: number): string | false {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', dir], { stdio: 'pipe' });
  } catch (error) {
    rmSync(dir, { recursive: true });
    return `A file system cannot be mounted here: ${error instanceof Error ? error.message.trim() : error}`;
  }
  return false;
}

/** Call behind what works in it. */
export function unmountAtEnd({ dir, skip }: SmallFileSystem): void {
  if (skip) return;
  after(() => {
    execFileSync('umount', ['--lazy', dir]);
    rmSync(dir, { recursive: true });
  });
}
