// Whom Dovecot runs as: us, or `nobody` when we are root, because Dovecot hands no mail to root.

import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import type { ChildOptions } from '../child-process.ts';

const run = promisify(execFile);

export type ServerUser = {
  user: string;
  group: string;
  /** Makes a file or folder the user's own. */
  own: (path: string) => Promise<void>;
  /** How to start a server that works in `dir`. */
  childOptions: (dir: string) => Promise<ChildOptions>;
};

export async function chooseServerUser(): Promise<ServerUser> {
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? 'nobody' : userInfo().username;
  const ask = async (option: string) => (await run('id', [option, user])).stdout.trim();
  const [uid, gid, group] = await Promise.all([ask('-u').then(Number), ask('-g').then(Number), ask('-gn')]);
  if (!isRoot) return { user, group, own: async () => {}, childOptions: async () => ({}) };
  return {
    user,
    group,
    own: path => chown(path, uid, gid),
    async childOptions(dir) {
      // A checkout under /root is closed to everybody else. Dovecot may then pass by, and has no other power of root.
      const entered = run('setpriv', [
        `--reuid=${uid}`,
        `--regid=${gid}`,
        '--clear-groups',
        'test',
        '-x',
        dir,
      ]);
      const mayEnter = await entered.then(
        () => true,
        () => false,
      );
      return { user: { uid, gid }, capabilities: mayEnter ? [] : ['dac_override'] };
    },
  };
}
