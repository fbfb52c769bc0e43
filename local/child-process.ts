// Child processes of the stack: out of the terminal's reach while they run, ended with us however we end.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export type ChildOptions = {
  /** Run as this user. Only root can ask for it. */
  user?: { uid: number; gid: number };
  /** Linux capabilities kept although the user is not root, e.g. `dac_override`. */
  capabilities?: string[];
  /** Added to our own environment. */
  env?: Record<string, string>;
};

/**
 * Starts a server. It leads its own session, so that Ctrl-C reaches only us and we end things in our order; on Linux the
 * kernel ends it when we are killed (PR_SET_PDEATHSIG).
 */
export function startChild(command: string, args: string[], options: ChildOptions = {}) {
  const [file = command, ...rest] = [...privileges(options), command, ...args];
  const env = { ...process.env, ...options.env };
  return spawn(file, rest, { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** setpriv(1) comes with util-linux, which every Debian has. */
function privileges({ user, capabilities = [] }: ChildOptions): string[] {
  if (process.platform !== 'linux') return [];
  const words = ['setpriv', '--pdeathsig', 'TERM'];
  if (user) words.push('--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups');
  const kept = capabilities.map(name => `+${name}`).join(',');
  if (kept) words.push('--inh-caps', kept, '--ambient-caps', kept);
  return words;
}

/** Asks the child and its own children to end, and waits until it has. Harmless when it is gone already. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await gone;
}
