// A private Dovecot on loopback ports: a real IMAP and POP3 server, with users made on the spot.

import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startChild, stopChild } from '../child-process.ts';
import type { Authority } from '../tls.ts';
import { dovecotConfig, type Ports } from './dovecot-config.ts';
import { type TokenMechanism, tokenFiles } from './dovecot-tokens.ts';
import { findFreePorts } from './free-ports.ts';
import { chooseServerUser, type ServerUser } from './server-user.ts';
import { startTokenCheck, type TokenIssuer } from './token-check.ts';

export type Dovecot = {
  ports: Ports;
  /** Adds a user with an empty mailbox; for an existing one, sets another password, which counts within a second. */
  addUser: (name: string, password: string) => Promise<void>;
  close: () => Promise<void>;
};

type Options = {
  /** Where mails and users are kept. */
  dir: string;
  tls: Authority;
  /** Free high ports are taken for those not given. */
  ports?: Partial<Ports>;
  /** IMAP capabilities the server does not announce, e.g. `MOVE` and `UIDPLUS`. */
  withoutCapabilities?: string[];
  /** Takes access tokens too, of this issuer. */
  oauth?: OAuth;
  /** Lets whoever gives a wrong password wait, as it does unless it is told otherwise. */
  delaysRefusals?: boolean;
};

/** Both mechanisms are offered unless told, of which many clients take the first they know. */
export type OAuth = TokenIssuer & { mechanisms?: TokenMechanism[] };

/** What to tell somebody who has none. Version 2.4 speaks another configuration language. */
export const dovecotMissing = 'Dovecot 2.3 is not installed: apt-get install dovecot-imapd dovecot-pop3d';

/** Where Dovecot 2.3 is; undefined when it is not installed. */
export function findDovecot(): string | undefined {
  const programs = ['/usr/sbin/dovecot', '/usr/local/sbin/dovecot'].filter(existsSync);
  return programs.find(program =>
    execFileSync(program, ['--version'], { encoding: 'utf8' }).startsWith('2.3.'),
  );
}

/** Starts Dovecot and waits until it listens. A port that is taken is an error with the code `EADDRINUSE`. */
export async function startDovecot(options: Options): Promise<Dovecot> {
  const program = findDovecot();
  if (!program) throw new Error(dovecotMissing);
  const dir = resolve(options.dir);
  const user = await prepareFolders(dir);
  for (let attempt = 1; ; attempt++) {
    const ports = { ...(await freePorts()), ...options.ports };
    try {
      return await launch(program, dir, ports, user, options);
    } catch (error) {
      // Somebody else took a port that was free a moment ago.
      const chosenByUs = !Object.values(options.ports ?? {}).includes((error as { port?: number }).port ?? 0);
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !chosenByUs || attempt === 5) throw error;
    }
  }
}

async function launch(
  program: string,
  dir: string,
  ports: Ports,
  user: ServerUser,
  options: Options,
): Promise<Dovecot> {
  const socketDir = await mkdtemp(join(tmpdir(), 'dovecot-'));
  await chmod(socketDir, 0o755);
  await user.own(socketDir);
  const write = async (file: string, text: string) => {
    await writeFile(join(dir, file), text, { mode: 0o600 });
    await user.own(join(dir, file));
  };
  await write('certificate.pem', options.tls.certPem);
  await write('key.pem', options.tls.keyPem);
  const { oauth, withoutCapabilities = [], delaysRefusals = false } = options;
  const tokenMechanisms = oauth ? (oauth.mechanisms ?? ['XOAUTH2', 'OAUTHBEARER']) : [];
  const setup = { dir, socketDir, ...user, ports, withoutCapabilities, tokenMechanisms, delaysRefusals };
  await write('dovecot.conf', dovecotConfig(setup));
  await write('dovecot.log', '');

  const tokenCheck = oauth && (await startTokenCheck(oauth));
  for (const [file, text] of Object.entries(tokenCheck ? tokenFiles(tokenCheck.url) : {})) {
    await write(file, text);
  }
  const child = startChild(program, ['-F', '-c', join(dir, 'dovecot.conf')], await user.childOptions(dir));
  const close = async () => {
    await stopChild(child);
    await tokenCheck?.close();
    await rm(socketDir, { recursive: true, force: true });
  };
  try {
    await listening(child, join(dir, 'dovecot.log'));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ports,
    // Base64 because a colon ends the password in a passwd-file; lower case because Dovecot looks users up so.
    addUser: (name, password) => {
      const encoded = Buffer.from(password).toString('base64');
      return write(`users/${name.toLowerCase()}`, `${name.toLowerCase()}:{PLAIN.b64}${encoded}::::::\n`);
    },
    close,
  };
}

async function prepareFolders(dir: string): Promise<ServerUser> {
  const user = await chooseServerUser();
  for (const folder of [dir, join(dir, 'users'), join(dir, 'mail')]) {
    await mkdir(folder, { recursive: true });
    await user.own(folder);
  }
  return user;
}

async function freePorts(): Promise<Ports> {
  const [imap = 0, imaps = 0, pop3 = 0, pop3s = 0] = await findFreePorts(4);
  return { imap, imaps, pop3, pop3s };
}

/** Dovecot writes that it is "starting up" once its listeners are open. */
async function listening(child: ChildProcess, logFile: string): Promise<void> {
  let errors = '';
  child.stderr?.on('data', chunk => {
    errors += chunk;
  });
  const deadline = Date.now() + 60_000;
  for (;;) {
    const log = await readFile(logFile, 'utf8');
    if (log.includes('starting up for')) return;
    if (child.exitCode !== null || Date.now() > deadline) throw startError(log + errors);
    await wait(5);
  }
}

function startError(log: string): Error {
  const taken = /listen\([^,]+, (\d+)\) failed: Address already in use/.exec(log);
  if (!taken) return new Error(`Dovecot did not start: ${log.trim()}`);
  const port = Number(taken[1]);
  return Object.assign(new Error(`Port ${port} is taken`), { code: 'EADDRINUSE', port });
}
