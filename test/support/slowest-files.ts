// A reporter for node:test: after everything else, the files that took longest, each with all that its process did;
// of those that share a process, the time of their tests.
import { relative, resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { processesDir } from './in-one-process.ts';

const shown = 10;

/** Whether more than one file runs in the process of this one. */
const isShared = (file: string) => resolve(file).startsWith(resolve(processesDir));

// biome-ignore lint/style/noDefaultExport: node:test asks a reporter for one
export default async function* slowestFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const secondsOf = new Map<string, number>();
  for await (const { type, data } of events) {
    if (type !== 'test:complete' || data.file === undefined) continue;
    // A file is a test of its own, named as it was asked for; of what is in it, `entryFile` says which process ran it.
    const isFile = !('entryFile' in data);
    if (isFile ? isShared(data.file) : data.nesting > 0 || !isShared(String(data.entryFile))) continue;
    const path = relative('', data.file);
    secondsOf.set(path, (secondsOf.get(path) ?? 0) + data.details.duration_ms / 1_000);
  }
  const files = [...secondsOf].map(([path, seconds]) => ({ path, seconds }));
  if (files.length < 2) return;
  const slowest = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, shown);
  yield `\nThe slowest of ${files.length} files:\n`;
  for (const { path, seconds } of slowest) yield `${seconds.toFixed(1).padStart(7)} s  ${path}\n`;
}
