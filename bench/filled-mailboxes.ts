// Mailboxes with the same mails in each, at a Dovecot and at the stand-in of Graph: a fresh one for every reader.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startEntra } from '../local/entra/issuer.ts';
import { requestToken } from '../local/entra/request-token.ts';
import { startGraph } from '../local/graph/server.ts';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import type { Ports } from '../local/mail/dovecot-config.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { type Authority, createAuthority } from '../local/tls.ts';
import { corpus } from './corpus.ts';
import { makeScratchFolder } from './scratch.ts';

const graphScope = 'https://graph.microsoft.com/.default';

/** How a filled mailbox is reached: over IMAP and POP3 with the password, over Graph with the token. */
export type FilledMailbox = {
  address: string;
  host: string;
  ports: Ports;
  authority: Authority;
  password: string;
  graphUrl: string;
  graphToken: string;
  /** How many mails are still in it. */
  countLeft: () => Promise<number>;
  /** Frees what it takes on the disk. */
  remove: () => Promise<void>;
};

export type FilledMailboxes = {
  dovecot: () => Promise<FilledMailbox>;
  graph: () => Promise<FilledMailbox>;
  close: () => Promise<void>;
};

/** Makes so many mails, and starts the servers. */
export async function startFilledMailboxes(count: number): Promise<FilledMailboxes> {
  if (!findDovecot()) throw new Error(dovecotMissing);
  await using opened = new AsyncDisposableStack();
  const dir = await makeScratchFolder();
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  const authority = await createAuthority(resolve('.local/tls'));
  const dovecot = await startDovecot({ dir: join(dir, 'dovecot'), tls: authority });
  opened.defer(dovecot.close);
  const entra = await startEntra({ port: 0, tls: authority });
  opened.defer(entra.close);
  const graph = await startGraph({
    port: 0,
    tls: authority,
    issuer: entra.issuer,
    jwksUri: entra.jwksUri,
  });
  opened.defer(graph.close);
  // As many as it takes: how Graph throttles is not what is measured.
  graph.limitRequests({ requests: 1_000_000, windowMs: 1_000 });
  const client = { ...entra.mailApps.secret, scope: graphScope };
  const access = { host: 'localhost', ports: dovecot.ports, authority, graphUrl: graph.origin };
  const reach = async (address: string) => ({
    ...access,
    address,
    password: randomUUID(),
    graphToken: await requestToken(entra.tokenEndpoint, client, authority.caPem),
  });

  const closing = opened.move();
  return {
    async dovecot() {
      const user = randomUUID();
      const reached = await reach(user);
      await dovecot.addUser(user, reached.password);
      // Dovecot makes the folders when it is asked what is in them.
      const account = { port: dovecot.ports.imaps, ca: authority.caPem, user, password: reached.password };
      const mailbox = await openMailbox(account);
      await mailbox.list('INBOX');
      await mailbox.close();
      const maildir = join(dir, 'dovecot/mail', user, 'Maildir');
      let number = 0;
      for (const raw of corpus(count))
        await writeFile(join(maildir, 'new', deliveryName(number++, raw)), raw);
      return {
        ...reached,
        countLeft: async () => {
          const folders = await Promise.all(['new', 'cur'].map(name => readdir(join(maildir, name))));
          return folders.flat().length;
        },
        remove: () => rm(maildir, { recursive: true }),
      };
    },
    async graph() {
      const address = `${randomUUID()}@contoso.example`;
      const folder = join(dir, address);
      await mkdir(folder);
      graph.addMailbox(address);
      let number = 0;
      for (const raw of corpus(count)) {
        const path = join(folder, deliveryName(number, raw));
        await writeFile(path, raw);
        await graph.deliver(address, 'inbox', { path }, { receivedAt: receivedAt(number++) });
      }
      return {
        ...(await reach(address)),
        countLeft: async () => graph.list(address, 'inbox').length,
        remove: () => rm(folder, { recursive: true }),
      };
    },
    close: () => closing.disposeAsync(),
  };
}

/** As Dovecot's own delivery names a mail: with its size, also as it counts with line ends of CRLF (which these have). */
function deliveryName(number: number, raw: Buffer): string {
  const seconds = receivedAt(number).getTime() / 1000;
  return `${seconds}.${String(number).padStart(6, '0')}.host,S=${raw.length},W=${raw.length}`;
}

function receivedAt(number: number): Date {
  return new Date(1_760_000_000_000 + number * 1_000);
}
