// Measures by what the time of some work is multiplied when its input is doubled; a busy machine does not change the answer.

/** Work that takes less than this holds nobody up, however it grows. */
const noticedMs = 20;
/** How often each size is measured; the least counts, for what else goes on never makes work shorter. */
const rounds = 5;

export type Growing = {
  work: (text: string) => unknown;
  /** A text of about so many characters. */
  text: (characters: number) => string;
  /** Characters with which the work would take a few milliseconds, and not so many that a limit leaves some out. */
  size: number;
  /** The growth that is refused. */
  refused: number;
};

/**
 * The growth when the size is doubled, if it is refused; undefined if not. What seems too much is measured until it is sure,
 * and has to be so in three doublings: where memory becomes scarce the time leaps once.
 */
export async function refusedGrowth({ work, text, size, refused }: Growing): Promise<number | undefined> {
  const texts = [1, 2, 4, 8].map(part => text(size / part));
  const [whole = ''] = texts;
  if ((await cpuMs(work, whole)) < noticedMs) return undefined;
  const least = texts.map(() => Number.POSITIVE_INFINITY);
  let growth = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [n, each] of texts.entries()) least[n] = Math.min(least[n] ?? 0, await cpuMs(work, each));
    growth = Math.min(...least.slice(1).map((part, n) => (least[n] ?? 0) / part));
    if (growth <= refused || (least[0] ?? 0) < noticedMs) return undefined;
  }
  return growth;
}

/** Milliseconds of the processor that this thread took, whatever others had to do meanwhile. */
async function cpuMs(work: Growing['work'], text: string): Promise<number> {
  const before = threadMs();
  await work(text);
  return threadMs() - before;
}

function threadMs(): number {
  // Linux brings the clock of a running thread up to date when that of its process is read (kernel/sched/cputime.c), else at ticks.
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
