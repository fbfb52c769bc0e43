// Azure's command line, as the tools use it: it is signed in as whoever runs them.
import { execFile } from 'node:child_process';

/** What az refused, with its own words, or what was found that a person has to mend. */
export class AzError extends Error {}

/** Runs one command of az. */
export type Az = <T = unknown>(...args: string[]) => Promise<T | undefined>;

/**
 * Runs az and gives what it prints, as JSON; undefined when that is nothing.
 * @throws AzError with what az said
 */
export async function az<T = unknown>(...args: string[]): Promise<T | undefined> {
  const { error, stdout, stderr } = await new Promise<{ error: unknown; stdout: string; stderr: string }>(
    resolve => {
      const options = { maxBuffer: 16 * 1024 * 1024, shell: process.platform === 'win32' };
      execFile('az', [...args, '--output', 'json'], options, (error, stdout, stderr) =>
        resolve({ error, stdout, stderr }),
      );
    },
  );
  if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') {
    throw new AzError('az is not installed: https://learn.microsoft.com/cli/azure/install-azure-cli');
  }
  if (error) throw new AzError(`az ${args.slice(0, 3).join(' ')}: ${stderr.trim() || 'it failed'}`);
  return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as T);
}
