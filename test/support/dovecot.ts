// A Dovecot for one test file: started once, a new user for every test, and skipped loudly where it is not installed.

import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Dovecot,
  dovecotMissing,
  findDovecot,
  type OAuth,
  startDovecot,
} from '../../local/mail/dovecot.ts';
import { type Mailbox, openMailbox } from '../../local/mail/mailbox.ts';
import type { Authority } from '../../local/tls.ts';
import { localAuthority } from './authority.ts';
import { shared } from './shared.ts';

/** One user of the server, with an open connection to look and to deliver with. */
export type TestMailbox = Omit<Mailbox, 'close'> & { user: string; password: string };

export type TestDovecot = {
  /** For a test's `skip` option: why it cannot run here, or false. */
  skip: string | false;
  /** Loopback, the name in the certificate. */
  host: string;
  ports: Dovecot['ports'];
  authority: Authority;
  addUser: Dovecot['addUser'];
  /** A user nobody else uses, with these folders besides INBOX; named by an address where tokens are taken. */
  newMailbox: (...folders: string[]) => Promise<TestMailbox>;
  /** The same for this user. */
  newMailboxOf: (user: string) => Promise<TestMailbox>;
  /** Where the maildir of each user is: `{user}/Maildir`. */
  mailDir: string;
  /** Gives an INBOX this UIDVALIDITY, as a server does that was restored from a backup; connections to it end. */
  resetInbox: (mailbox: TestMailbox, uidValidity: number) => Promise<TestMailbox>;
  /** Puts many mails into an INBOX at once, as a mail transfer agent does. */
  fillInbox: (mailbox: TestMailbox, raws: Buffer[]) => Promise<void>;
  close: () => Promise<void>;
};

type Options = { withoutCapabilities?: string[]; oauth?: OAuth; delaysRefusals?: boolean };

/** Call at the top of a test file: `const dovecot = await useDovecot()`, then `test(name, { skip: dovecot.skip }, ...)`. */
export const useDovecot = (options: Options = {}) => use(options);
const use = shared(startTestDovecot, options => (options.oauth ? undefined : JSON.stringify(options)));

async function startTestDovecot(options: Options): Promise<TestDovecot> {
  const dir = await mkdtemp(join(tmpdir(), 'malote-mail-'));
  // Dovecot runs as somebody else when we are root, and takes a mailbox that it cannot reach by itself for read-only.
  await chmod(dir, 0o755);
  const authority = await localAuthority();
  const dovecot = findDovecot()
    ? await startDovecot({ dir: join(dir, 'mail'), tls: authority, ...options })
    : undefined;
  const connections: Mailbox[] = [];
  const addUser: Dovecot['addUser'] = async (name, password) => {
    if (!dovecot) throw new Error(dovecotMissing);
    await dovecot.addUser(name, password);
  };
  const maildirOf = (user: string) => join(dir, 'mail', 'mail', user, 'Maildir');
  const connect = async (user: string, password: string): Promise<TestMailbox> => {
    const mailbox = await openMailbox({ port: ports.imaps, ca: authority.caPem, user, password });
    connections.push(mailbox);
    return { user, password, ...mailbox };
  };
  const newMailboxOf = async (user: string) => {
    const password = randomUUID();
    await addUser(user, password);
    return connect(user, password);
  };
  const ports = dovecot?.ports ?? { imap: 0, imaps: 0, pop3: 0, pop3s: 0 };
  return {
    skip: dovecot ? false : dovecotMissing,
    host: '127.0.0.1',
    ports,
    authority,
    addUser,
    newMailboxOf,
    mailDir: join(dir, 'mail', 'mail'),
    async newMailbox(...folders) {
      const user = `user-${randomUUID()}${options.oauth ? '@contoso.example' : ''}`;
      const mailbox = await newMailboxOf(user);
      for (const folder of folders) await mailbox.createFolder(folder);
      return mailbox;
    },
    async fillInbox({ user }, raws) {
      const name = (n: number) =>
        join(maildirOf(user), 'new', `1700000000.${String(n).padStart(6, '0')}.host`);
      await Promise.all(raws.map((raw, n) => writeFile(name(n), raw, { mode: 0o644 })));
    },
    async resetInbox({ user, password }, uidValidity) {
      const maildir = maildirOf(user);
      const list = join(maildir, 'dovecot-uidlist');
      const [header = '', ...lines] = (await readFile(list, 'utf8')).split('\n');
      await writeFile(list, [header.replace(/ V\d+ /, ` V${uidValidity} `), ...lines].join('\n'));
      const indexes = (await readdir(maildir)).filter(name => name.startsWith('dovecot.index'));
      await Promise.all(indexes.map(name => rm(join(maildir, name))));
      return connect(user, password);
    },
    async close() {
      // One that the server has ended meanwhile cannot log out, and keeps nothing from being closed.
      await Promise.allSettled(connections.map(connection => connection.close()));
      await dovecot?.close();
      await rm(dir, { recursive: true });
    },
  };
}
