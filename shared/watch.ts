// Whether anybody is told what goes on in here: starts the telling at first use, where a setting asks for it, and ends it.
import { readMonitor } from './config.ts';

let started: Promise<() => Promise<void>> | undefined;

/** Waits until spans and figures are told, if anybody is to hear them. Never throws: nothing fails for not being watched. */
export async function watched(): Promise<void> {
  started ??= start();
  await started;
}

/** Tells what is left, for two seconds at most; the app is going down. */
export async function closeWatch(): Promise<void> {
  await (await started)?.();
}

async function start(): Promise<() => Promise<void>> {
  const unwatched = async () => {};
  const monitor = readMonitor();
  if (!monitor) return unwatched;
  return import('./azure/monitor.ts')
    .then(({ startMonitor }) => startMonitor(monitor))
    .catch(() => unwatched);
}
