// Measures by what the time of some work is multiplied when its input is doubled; a busy machine does not change the answer.

/** Work that takes less than this for the sizes that are tried holds nobody up, however it grows. */
const noticedMs = 5;
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
 * and has to be so in three doublings: where memory becomes scarce the time leaps once. The small ones come first, for one that
 * is not refused is enough.
 */
export async function refusedGrowth({ work, text, size, refused }: Growing): Promise<number | undefined> {
  if ((await cpuMs(work, text(size))) < noticedMs) return undefined;
  const texts = [8, 4, 2, 1].map(part => text(size / part));
  const least = texts.map(() => Number.POSITIVE_INFINITY);
  let growth = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    growth = Number.POSITIVE_INFINITY;
    for (const [n, each] of texts.entries()) {
      least[n] = Math.min(least[n] ?? 0, await cpuMs(work, each));
      if (n > 0) growth = Math.min(growth, least[n] / (least[n - 1] ?? 0));
      if (growth <= refused) return undefined;
    }
    if ((least.at(-1) ?? 0) < noticedMs) return undefined;
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
