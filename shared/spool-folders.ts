// Folders in which mails are spooled bear the name of their process: what one left behind that was killed is removed by the next.
import { readlinkSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

let isSpooling = false;

/** How the folders of this process begin: `malote-spool-{namespace of process ids}-{process id}-`. */
export function spoolPrefix(): string {
  isSpooling = true;
  return `malote-spool-${namespace}-${process.pid}-`;
}

/**
 * Removes the folders of processes that are gone. Those of another namespace stay, for there the same id is another process:
 * containers may share a folder. What we may not list or remove takes up room, and keeps nobody from starting.
 */
export async function removeLeftSpools(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const [, ofNamespace, pid] = /^malote-spool-(\d+)-(\d+)-\w+$/.exec(name) ?? [];
    if (ofNamespace !== namespace || !isGone(Number(pid))) continue;
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** pid_namespaces(7): a link to `pid:[4026531836]`; 0 where there is none. */
const namespace = readNamespace();

function readNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** Only `ESRCH` says so: a process that may not be asked lives. What bears our id, and is not ours, is of one that had it before. */
function isGone(pid: number): boolean {
  if (pid === process.pid) return !isSpooling;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
