// What other processes have used, as Linux counts it.
import { readFile } from 'node:fs/promises';

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

async function times(pid: number | 'self') {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map(ticks => Number(ticks) / 100) as [number, number, number, number];
}
