// The local stack beside one mailbox that is full of mail: what intake is measured of, ours and others'.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { type Stack, startStack } from '../local/stack.ts';
import { slowDown, startFarServer } from './latency.ts';
import { makeScratchFolder } from './scratch.ts';

export const protocols = ['imap', 'pop3', 'graph'] as const;
export type Protocol = (typeof protocols)[number];

/** Of the mailbox at Dovecot. */
export const account = { user: 'bench', password: 'bench' };

export type FilledStack = {
  /** Empty, for whoever reads the mailbox; in memory, so that no disk is measured. */
  dir: string;
  stack: Stack;
  mailbox: BenchMailbox;
  count: number;
  bytes: number;
  /** Puts more mails into the mailbox. */
  fill: (mails: Iterable<Buffer>) => Promise<Delivered>;
};

type Delivered = { count: number; bytes: number };

/** How a mailbox is read, and where mails are put. */
type BenchMailbox = {
  /** Undefined where it is not at a mail server. */
  port?: number;
  /** As a service has them. */
  settings: object;
  deliver: (raw: Buffer) => Promise<unknown>;
  /** How many mails wait in it. */
  countLeft: () => Promise<number>;
};

type Options = {
  protocol?: Protocol;
  /** Whether answers take as long as Azure's and a mail server's. */
  latency?: boolean;
};

/** Starts it with these mails in the mailbox, beside an empty folder `Done`; all of it ends with `opened`. */
export async function startFilledStack(
  opened: AsyncDisposableStack,
  mails: Iterable<Buffer>,
  { protocol = 'imap', latency = false }: Options,
): Promise<FilledStack> {
  if (!findDovecot()) throw new Error(dovecotMissing);
  const folder = async () => {
    const dir = await mkdtemp(join(tmpdir(), 'malote-bench-'));
    opened.defer(() => rm(dir, { recursive: true, force: true }));
    return dir;
  };
  const ports = { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 };
  const stack = await startStack({
    dir: await folder(),
    ports,
    tlsDir: resolve('.local/tls'),
    inMemory: true,
  });
  opened.defer(stack.close);
  const mailbox = await (protocol === 'graph'
    ? mailboxInGraph(stack)
    : mailboxAt(protocol, stack, await folder(), latency, opened));
  const fill = async (more: Iterable<Buffer>) => {
    const delivered = { count: 0, bytes: 0 };
    for (const raw of more) {
      await mailbox.deliver(raw);
      delivered.count += 1;
      delivered.bytes += raw.length;
    }
    return delivered;
  };
  const delivered = await fill(mails);
  if (latency) slowDown(stack);
  const dir = await makeScratchFolder();
  opened.defer(() => rm(dir, { recursive: true }));
  return { dir, stack, mailbox, ...delivered, fill };
}

async function mailboxAt(
  protocol: 'imap' | 'pop3',
  { authority }: Stack,
  dir: string,
  latency: boolean,
  opened: AsyncDisposableStack,
): Promise<BenchMailbox> {
  const dovecot = await startDovecot({ dir, tls: authority });
  opened.defer(dovecot.close);
  await dovecot.addUser(account.user, account.password);
  const open = () => openMailbox({ port: dovecot.ports.imaps, ca: authority.caPem, ...account });
  const mailbox = await open();
  opened.defer(mailbox.close);
  await mailbox.createFolder('Done');
  let port = protocol === 'imap' ? dovecot.ports.imaps : dovecot.ports.pop3s;
  if (latency) {
    const far = await startFarServer(port);
    opened.defer(far.close);
    port = far.port;
  }
  return {
    port,
    settings: {
      protocol,
      host: 'localhost',
      port,
      tls: 'implicit',
      address: 'bench@contact.example',
      username: account.user,
      afterRead: protocol === 'imap' ? { action: 'move', folder: 'Done' } : { action: 'delete' },
      auth: { type: 'basic', password: account.password },
    },
    deliver: raw => mailbox.deliver('INBOX', raw),
    async countLeft() {
      const later = await open();
      const left = await later.list('INBOX');
      await later.close();
      return left.length;
    },
  };
}

async function mailboxInGraph({ graph, entra }: Stack): Promise<BenchMailbox> {
  const address = 'bench@contoso.example';
  graph.addMailbox(address);
  graph.createFolder(address, 'Done');
  const flow = { type: 'oauth', flow: 'clientCredentials', tenantId: entra.tenantId };
  return {
    settings: {
      protocol: 'graph',
      address,
      afterRead: { action: 'move', folder: 'Done' },
      auth: { ...flow, ...entra.mailApps.secret },
    },
    deliver: raw => graph.deliver(address, 'inbox', raw),
    countLeft: async () => graph.list(address, 'inbox').length,
  };
}
