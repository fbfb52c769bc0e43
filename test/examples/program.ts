// Runs one of the project's programs as a process and reads what it says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../support/until.ts';

/** Starts `path` (from the project's root) in `folder`, with only these environment variables besides PATH. */
export function startProgram(
  path: string,
  args: string[],
  folder: string,
  environment: Record<string, string> = {},
) {
  const script = join(import.meta.dirname, '../..', path);
  const child = spawn(process.execPath, [script, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', data => {
    said.out += data;
  });
  child.stderr.on('data', data => {
    said.err += data;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    said,
    /** Resolves with the exit code. */
    ended,
    /** Ctrl-C; resolves with the exit code. */
    interrupt: () => {
      child.kill('SIGINT');
      return ended;
    },
    kill: () => child.kill('SIGKILL'),
    /** Waits until it has said this on its output. */
    says: (text: string) =>
      until(
        `"${text}"`,
        () => said.out.includes(text),
        () => said.out + said.err,
      ),
  };
}
