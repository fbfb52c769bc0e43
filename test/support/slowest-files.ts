// A reporter for node:test: after everything else, the files that took longest, each with all that its process did.
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

const shown = 10;

// biome-ignore lint/style/noDefaultExport: node:test asks a reporter for one
export default async function* slowestFiles(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { path: string; seconds: number }[] = [];
  for await (const { type, data } of events) {
    // A file is a test of its own, named as it was asked for; of what is in it, `entryFile` says which process ran it.
    if (type !== 'test:complete' || data.file === undefined || 'entryFile' in data) continue;
    files.push({ path: relative('', data.file), seconds: data.details.duration_ms / 1_000 });
  }
  if (files.length < 2) return;
  const slowest = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, shown);
  yield `\nThe slowest of ${files.length} files:\n`;
  for (const { path, seconds } of slowest) yield `${seconds.toFixed(1).padStart(7)} s  ${path}\n`;
}
