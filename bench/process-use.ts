// What other processes have used, as Linux counts it.
import { readdir, readFile } from 'node:fs/promises';

/** User and system time of a process and its threads, proc(5): fields 14 and 15, in ticks of 10 ms. */
export async function cpuSeconds(pid: number): Promise<number> {
  const [user, system] = await times(pid);
  return user + system;
}

/** The same of our children that have ended, and of theirs: fields 16 and 17. */
export async function childrensCpuSeconds(): Promise<number> {
  const [, , user, system] = await times('self');
  return user + system;
}

export async function peakMegabytes(pid: number): Promise<number> {
  return Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;
}

/** What a process and those it started hold now; a page that they share is counted once (proc(5), PSS). */
export async function groupMegabytes(leader: number): Promise<number> {
  let kilobytes = 0;
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    // Others come and go meanwhile.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) !== leader) continue;
    const held = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    kilobytes += Number(/^Pss:\s+(\d+)/m.exec(held)?.[1] ?? 0);
  }
  return kilobytes / 1000;
}

async function times(pid: number | 'self') {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map(ticks => Number(ticks) / 100) as [number, number, number, number];
}
