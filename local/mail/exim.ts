// A private Exim on loopback ports: a real server that mail is sent by, which delivers into maildirs and reports what it cannot.
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startChild, stopChild } from '../child-process.ts';
import type { Authority } from '../tls.ts';
import { eximConfig } from './exim-config.ts';
import { findFreePorts } from './free-ports.ts';
import { chooseServerUser } from './server-user.ts';

export type Exim = {
  /** `submission` wants STARTTLS before a login, `submissions` is encrypted from the start. */
  ports: { submission: number; submissions: number };
  /** Lets somebody log in. */
  addLogin: (name: string, password: string) => Promise<void>;
  /** Answers 451 for these recipients, and no others, from now on: greylisting. */
  defer: (...addresses: string[]) => Promise<void>;
  /** Answers 550 for these. */
  refuse: (...addresses: string[]) => Promise<void>;
  close: () => Promise<void>;
};

type Options = {
  dir: string;
  /** See `eximConfig`. */
  mailDir: string;
  tls: Authority;
  /** Free high ports are taken unless given. */
  ports?: Exim['ports'];
};

const places = ['/usr/sbin/exim4', '/usr/local/sbin/exim'];

/** Said where it is not installed. */
export const eximMissing =
  'Exim is not installed, so nothing can be sent here: apt-get install exim4-daemon-light';

export function findExim(): string | undefined {
  return places.find(place => existsSync(place));
}

/** Starts it; only root may, or whoever Exim itself runs as. */
export async function startExim({ dir: wanted, mailDir, tls, ports: given }: Options): Promise<Exim> {
  // It opens no path that goes upwards.
  const dir = resolve(wanted);
  const file = findExim();
  if (file === undefined) throw new Error(eximMissing);
  const { user, group, own } = await chooseServerUser();
  const ports = given ?? (await freePorts());
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o755);
  for (const folder of ['spool', 'log']) {
    await mkdir(join(dir, folder), { recursive: true });
    await own(join(dir, folder));
  }
  const write = async (name: string, text: string) => {
    await writeFile(join(dir, name), text);
    await own(join(dir, name));
  };
  await write('certificate.pem', tls.certPem);
  await write('key.pem', tls.keyPem);
  for (const list of ['logins', 'deferred', 'refused']) await write(list, '');
  // Of root's, and nobody else's to write: else Exim would not take it.
  const config = join(dir, 'exim.conf');
  await writeFile(config, eximConfig({ dir, mailDir, user, group, ports }), { mode: 0o644 });
  const logins = new Map<string, string>();
  const child = startChild(file, ['-C', config, '-bdf', '-q1m']);
  let said = '';
  child.stderr?.on('data', chunk => {
    said += chunk;
  });
  while (!(await isListening(ports.submissions))) {
    if (child.exitCode !== null) throw new Error(`Exim did not start: ${said.trim()}`);
    await wait(10);
  }
  return {
    ports,
    addLogin: (name, password) => {
      logins.set(name, password);
      return write('logins', [...logins].map(([name, password]) => `${name}: ${password}\n`).join(''));
    },
    defer: (...addresses) => write('deferred', addresses.map(address => `${address}:\n`).join('')),
    refuse: (...addresses) => write('refused', addresses.map(address => `${address}:\n`).join('')),
    close: () => stopChild(child),
  };
}

/** Ports for one, before it is started. */
export async function freePorts(): Promise<Exim['ports']> {
  const [submission = 0, submissions = 0] = await findFreePorts(2);
  return { submission, submissions };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
