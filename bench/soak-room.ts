// What a soak is run on: the whole stack, mailboxes of all three protocols behind servers that fail when told, and an app that may be killed.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp } from '../local/app.ts';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { startMailProxy } from '../local/mail/fault-proxy.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { startStack } from '../local/stack.ts';

/** What a process of the app uses. */
export type Use = { megabytes: number; handles: number };

/** Starts it with so many mailboxes; all of it ends with `opened`. */
export async function startSoakRoom(
  opened: AsyncDisposableStack,
  mailboxes: Record<'imap' | 'pop3' | 'graph', number>,
) {
  if (!findDovecot()) throw new Error(dovecotMissing);
  const dir = await mkdtemp(join(tmpdir(), 'malote-soak-'));
  opened.defer(() => rm(dir, { recursive: true, force: true }));
  const ports = { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 };
  const stack = await startStack({ dir, ports, tlsDir: resolve('.local/tls') });
  opened.defer(stack.close);
  const dovecot = await startDovecot({ dir: join(dir, 'dovecot'), tls: stack.authority });
  opened.defer(dovecot.close);
  const tls = stack.authority;
  const imap = await startMailProxy({ serverPort: dovecot.ports.imap, tls });
  opened.defer(imap.close);
  const pop3 = await startMailProxy({ protocol: 'pop3', serverPort: dovecot.ports.pop3, tls });
  opened.defer(pop3.close);

  const environment = {
    ...stack.environment,
    MAIL_ALLOW_PRIVATE_HOSTS: 'true',
    MAIL_EXTRA_PORTS: `${imap.port},${pop3.port}`,
  };
  const start = () =>
    startApp({ port: 0, environment, logFile: join(dir, 'app.log'), stateDir: join(dir, 'host') });
  let app = await start();
  opened.defer(() => app.close());

  await call('PUT', '/api/groups/soak', { name: 'Soak' });
  const many = <T>(count: number, add: (n: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, n) => add(n)));
  const inboxes = [
    ...(await many(mailboxes.imap, n => addMailbox('imap', n))),
    ...(await many(mailboxes.pop3, n => addMailbox('pop3', n))),
    ...(await many(mailboxes.graph, addGraphMailbox)),
  ];
  return {
    connectionString: stack.serviceBus.connectionString,
    faults: {
      database: stack.cosmos.faults,
      blobs: stack.blob.faults,
      bus: stack.serviceBus.faults,
      graph: stack.graph.faults,
      imap: imap.faults,
      pop3: pop3.faults,
    },
    inboxes,
    /** Ends the app as a machine that dies does, and starts another. */
    async replaceApp(): Promise<void> {
      process.kill(app.pid, 'SIGKILL');
      await app.ended;
      app = await start();
    },
    use: () => useOf(app.pid),
    /** How many mails are still in their folders, as their services say. */
    async left(): Promise<number> {
      const counts = await Promise.all(
        inboxes.map(async ({ id }) => {
          const { waiting, undisposed } = (await call('GET', `/api/services/${id}/status`)).counts;
          return waiting + undisposed;
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };

  async function addMailbox(protocol: 'imap' | 'pop3', n: number) {
    const user = `${protocol}${n}`;
    await dovecot.addUser(user, 'soak');
    const port = dovecot.ports.imaps;
    const mailbox = await openMailbox({ port, ca: tls.caPem, user, password: 'soak' });
    opened.defer(mailbox.close);
    await mailbox.createFolder('Done');
    const id = await register({
      protocol,
      host: 'localhost',
      port: protocol === 'imap' ? imap.port : pop3.port,
      tls: 'implicit',
      address: `${user}@contact.example`,
      username: user,
      afterRead: protocol === 'imap' ? { action: 'move', folder: 'Done' } : { action: 'delete' },
      auth: { type: 'basic', password: 'soak' },
    });
    return { id, deliver: (raw: Buffer) => mailbox.deliver('INBOX', raw) };
  }

  async function addGraphMailbox(n: number) {
    const { graph, entra } = stack;
    const address = `graph${n}@contoso.example`;
    graph.addMailbox(address);
    graph.createFolder(address, 'Done');
    const id = await register({
      protocol: 'graph',
      address,
      afterRead: { action: 'move', folder: 'Done' },
      auth: { type: 'oauth', flow: 'clientCredentials', tenantId: entra.tenantId, ...entra.mailApps.secret },
    });
    return { id, deliver: async (raw: Buffer) => void graph.deliver(address, 'inbox', raw) };
  }

  async function register(mailbox: { address: string; [setting: string]: unknown }): Promise<string> {
    const groups = [{ groupId: 'soak' }];
    return (
      await call('POST', '/api/services', { name: mailbox.address, readFrom: '2020-01-01', groups, mailbox })
    ).id;
  }

  async function call(method: string, path: string, body?: unknown) {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await fetch(app.url + path, {
          method,
          headers: {
            authorization: `Bearer ${await stack.entra.token('Admin')}`,
            'content-type': 'application/json',
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await response.text();
        if (response.ok) return JSON.parse(text);
        throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
      } catch (error) {
        if (attempt === 5) throw error;
        await sleep(2_000);
      }
    }
  }
}

async function useOf(pid: number): Promise<Use> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const megabytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1000;
  return { megabytes, handles: (await readdir(`/proc/${pid}/fd`)).length };
}
