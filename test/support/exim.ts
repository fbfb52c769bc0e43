// An Exim for one test file, which delivers into the mailboxes of the file's Dovecot; skipped loudly where it is not installed.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Exim, eximMissing, findExim, startExim } from '../../local/mail/exim.ts';
import { localAuthority } from './authority.ts';
import type { TestDovecot, TestMailbox } from './dovecot.ts';

export type TestExim = Omit<Exim, 'close'> & {
  /** For a test's `skip` option: why it cannot run here, or false. */
  skip: string | false;
  /** A mailbox that nobody else uses, which is read over IMAP; its `user` is its address. */
  newRecipient: () => Promise<TestMailbox>;
  /** Somebody who may send, with an address and a password. */
  newSender: () => Promise<{ address: string; password: string }>;
};

/** Call at the top of a test file, after `useDovecot`. */
export async function useExim(dovecot: TestDovecot, ports?: Exim['ports']): Promise<TestExim> {
  const dir = await mkdtemp(join(tmpdir(), 'malote-exim-'));
  const isThere = findExim() !== undefined && !dovecot.skip;
  const exim = isThere
    ? await startExim({
        dir,
        mailDir: dovecot.mailDir,
        tls: await localAuthority(),
        ...(ports ? { ports } : {}),
      })
    : undefined;
  after(async () => {
    await exim?.close();
    await rm(dir, { recursive: true });
  });
  const missing = async () => {
    throw new Error(eximMissing);
  };
  return {
    skip: dovecot.skip || (exim ? false : eximMissing),
    ports: exim?.ports ?? { submission: 0, submissions: 0 },
    addLogin: exim?.addLogin ?? missing,
    defer: exim?.defer ?? missing,
    refuse: exim?.refuse ?? missing,
    newRecipient: async () => {
      const mailbox = await dovecot.newMailboxOf(`ana-${randomUUID()}@cliente.example`);
      // Dovecot makes the maildir when it is looked into.
      await mailbox.list('INBOX');
      return mailbox;
    },
    newSender: async () => {
      const sender = { address: `suporte-${randomUUID()}@contoso.example`, password: randomUUID() };
      await exim?.addLogin(sender.address, sender.password);
      return sender;
    },
  };
}
