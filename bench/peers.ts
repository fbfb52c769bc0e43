// Programs that fetch mail, set up to be fast as far as their manuals tell: mpop, fetchmail and getmail6.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startChild } from '../local/child-process.ts';
import { chooseServerUser } from '../local/mail/server-user.ts';
import type { Contender } from './contender.ts';
import { configureFetchmail } from './fetchmail.ts';
import type { FilledMailbox } from './filled-mailboxes.ts';
import { childrensCpuSeconds } from './process-use.ts';

const privately = { mode: 0o600 };

type Peer = {
  /** The program, and the package of Debian that has it. */
  program: string;
  package: string;
  /** What the program is started by; nothing unless told. */
  startedBy?: string[];
  /** Writes the configuration into `dir`; gives the arguments. */
  configure: (filled: FilledMailbox, dir: string) => Promise<string[]>;
  /** How many mails it wrote. */
  count: (dir: string) => Promise<number>;
};

const mpop: Peer = {
  program: 'mpop',
  package: 'mpop',
  async configure({ host, ports, address, password }, dir) {
    await makeMaildir(dir);
    const file = join(dir, 'mpoprc');
    const settings = [
      'account default',
      `host ${host}`,
      `port ${ports.pop3s}`,
      `user ${address}`,
      `password ${password}`,
      'tls on',
      'tls_starttls off',
      `tls_trust_file ${join(dir, 'ca.pem')}`,
      `uidls_file ${join(dir, 'uidls')}`,
      `delivery maildir ${join(dir, 'Maildir')}`,
      'keep off',
    ];
    await writeFile(file, `${settings.join('\n')}\n`, privately);
    return ['--quiet', `--file=${file}`];
  },
  count: countMaildir,
};

/** It delivers to a program or to SMTP, or else into one file for all: that costs the least. */
function fetchmail(protocol: 'IMAP' | 'POP3'): Peer {
  return {
    program: 'fetchmail',
    package: 'fetchmail',
    configure({ ports, address, password }, dir) {
      const port = protocol === 'IMAP' ? ports.imaps : ports.pop3s;
      const account = { protocol, port, user: address, password, caFile: join(dir, 'ca.pem') };
      const expunge = protocol === 'IMAP' ? ' expunge 250' : '';
      return configureFetchmail(dir, account, `bsmtp "${join(dir, 'all.bsmtp')}"${expunge}`);
    },
    async count(dir) {
      const file = await open(join(dir, 'all.bsmtp'));
      let mails = 0;
      for await (const line of file.readLines()) if (line.startsWith('MAIL FROM:')) mails += 1;
      return mails;
    },
  };
}

function getmail(protocol: 'IMAP' | 'POP3'): Peer {
  return {
    program: 'getmail',
    package: 'getmail6',
    // It delivers in a child and misses its end when that comes before it waits; on one processor this hardly happens.
    startedBy: ['taskset', '--cpu-list', '0'],
    async configure({ host, ports, address, password }, dir) {
      await makeMaildir(dir);
      const file = join(dir, 'getmailrc');
      const settings = [
        '[retriever]',
        `type = Simple${protocol}SSLRetriever`,
        `server = ${host}`,
        `port = ${protocol === 'IMAP' ? ports.imaps : ports.pop3s}`,
        `username = ${address}`,
        `password = ${password}`,
        `ca_certs = ${join(dir, 'ca.pem')}`,
        'timeout = 30',
        '[destination]',
        'type = Maildir',
        `path = ${join(dir, 'Maildir')}/`,
        '[options]',
        'delete = true',
        'read_all = true',
        'verbose = 0',
      ];
      await writeFile(file, `${settings.join('\n')}\n`, privately);
      return ['--getmaildir', dir, '--rcfile', file];
    },
    count: countMaildir,
  };
}

/** What each does about the disk was seen with strace(1). */
export const peers: Contender[] = [
  contender('mpop', 'POP3', 'Maildir, fsync of each', mpop),
  contender('fetchmail', 'POP3', 'one file (BSMTP), no fsync', fetchmail('POP3')),
  contender('fetchmail --expunge 250', 'IMAP', 'one file (BSMTP), no fsync', fetchmail('IMAP')),
  contender('getmail6', 'POP3', 'Maildir, a process and two fsyncs each', getmail('POP3')),
  contender('getmail6', 'IMAP', 'Maildir, a process and two fsyncs each', getmail('IMAP')),
];

function contender(name: string, protocol: Contender['protocol'], writes: string, peer: Peer): Contender {
  return {
    name,
    protocol,
    writes,
    missing: () => (existsSync(`/usr/bin/${peer.program}`) ? undefined : `apt-get install ${peer.package}`),
    async read(filled, dir) {
      await writeFile(join(dir, 'ca.pem'), filled.authority.caPem);
      const args = await peer.configure(filled, dir);
      // getmail6 delivers nothing as root.
      const user = await chooseServerUser();
      for (const path of ['', ...(await readdir(dir, { recursive: true }))]) await user.own(join(dir, path));
      const options = { ...(await user.childOptions(dir)), env: { HOME: dir, FETCHMAILHOME: dir } };
      const [startedAt, cpuBefore] = [performance.now(), await childrensCpuSeconds()];
      const [program = '', ...words] = [...(peer.startedBy ?? []), peer.program, ...args];
      const child = startChild(program, words, options);
      child.stdout.resume();
      const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      if (code !== 0) throw new Error(`${name} over ${protocol} ended with ${code}: ${said.slice(0, 500)}`);
      return {
        seconds: (performance.now() - startedAt) / 1000,
        cpuSeconds: (await childrensCpuSeconds()) - cpuBefore,
        delivered: await peer.count(dir),
      };
    },
  };
}

async function makeMaildir(dir: string): Promise<void> {
  for (const name of ['tmp', 'new', 'cur']) await mkdir(join(dir, 'Maildir', name), { recursive: true });
}

async function countMaildir(dir: string): Promise<number> {
  return (await readdir(join(dir, 'Maildir/new'))).length;
}
