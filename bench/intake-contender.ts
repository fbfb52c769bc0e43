// What bench/intake-peers.ts measures: a program that takes in every mail of a mailbox and moves it out of the way.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { startChild } from '../local/child-process.ts';
import { childrensCpuSeconds, cpuSeconds, peakMegabytes } from './process-use.ts';

export type IntakeContender = {
  name: string;
  /** Where mails go. */
  stores: string;
  /** What it leaves out, or does not promise. */
  lacks: string;
  /** Whether it waits for Azure: it alone has a figure with latencies. */
  far: boolean;
  /** So many mails are enough for a figure of who is slow. */
  atMost?: number;
  /** What to tell where it cannot run; undefined where it can. */
  missing?: () => string | undefined;
  takeIn: (mails: Iterable<Buffer>, latency: boolean) => Promise<Intake>;
};

export type Use = { seconds: number; cpuSeconds: number; peakMegabytes: number };

export type Intake = Use & {
  /** The Message-ID of every mail that came out, as often as it did. */
  messageIds: string[];
  /** How many mails wait in the mailbox. */
  left: number;
};

/** How often it is looked how much memory a program has had: what it takes in its last moment is missed. */
const LOOK_EVERY_MS = 50;

/**
 * Runs a program to its end and says what it used since it said `ready`: what it takes to start is not counted, as it is not for
 * an app that is running.
 */
export async function useOf(command: string[], env: Record<string, string>): Promise<Use> {
  const [program = '', ...words] = command;
  const childrenBefore = await childrensCpuSeconds();
  const child = startChild(program, words, { env });
  const pid = child.pid ?? 0;
  const exit = once(child, 'exit');
  const complaint = text(child.stderr);
  const lines = createInterface({ input: child.stdout });
  await Promise.race([once(lines, 'line'), exit]);
  const startedAt = performance.now();
  let [cpuBefore, peak] = [0, 0];
  if (child.exitCode === null) cpuBefore = await cpuSeconds(pid);
  const looking = setInterval(async () => {
    // It may be gone by now, or hold nothing any more.
    const megabytes = await peakMegabytes(pid).catch(() => Number.NaN);
    if (megabytes > peak) peak = megabytes;
  }, LOOK_EVERY_MS);
  const [code] = await exit;
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(looking);
  if (code !== 0)
    throw new Error(`${words.join(' ')} ended with ${code}: ${(await complaint).slice(0, 500)}`);
  const used = (await childrensCpuSeconds()) - childrenBefore - cpuBefore;
  return { seconds, cpuSeconds: used, peakMegabytes: peak };
}

/** For a program that says nothing of it: it is ready when it starts. */
export function readyAtOnce(command: string[]): string[] {
  return ['sh', '-c', 'echo ready; exec "$@"', 'sh', ...command];
}
