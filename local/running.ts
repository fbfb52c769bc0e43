// Whether the local stack runs: it leaves a file for the tools of this machine, and one that was killed leaves it behind.
import { readFile } from 'node:fs/promises';

export const stackFile = '.local/stack.json';

/** Whether the stack that wrote its file here still answers. */
export async function isRunning(): Promise<boolean> {
  const text = await readFile(stackFile, 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  return fetch(`${JSON.parse(text).app.url}/api/health/live`).then(
    ({ ok }) => ok,
    () => false,
  );
}
