// The whole stack for a benchmark: one mailbox, the app as a process of its own, and what that process has used.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp } from '../local/app.ts';
import { type Dovecot, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { type Stack, startStack } from '../local/stack.ts';
import { slowDown, startFarServer } from './latency.ts';
import { cpuSeconds, peakMegabytes } from './process-use.ts';

const account = { user: 'bench', password: 'bench' };

export const protocols = ['imap', 'pop3', 'graph'] as const;
export type Protocol = (typeof protocols)[number];

type Options = {
  protocol?: Protocol;
  /** Of the app: its source unless told. */
  entry?: string;
  /** Where the app is: this checkout unless told. */
  appDir?: string;
  /** Whether answers take as long as Azure's and a mail server's. */
  latency?: boolean;
};

/** Fills a mailbox with these mails and starts the app; nothing is read before `takeIn`. */
export async function startMailroom(
  mails: Iterable<Buffer>,
  { protocol = 'imap', entry, appDir, latency = false }: Options = {},
) {
  if (!findDovecot()) throw new Error('Dovecot is not installed: apt-get install dovecot-imapd');
  await using opened = new AsyncDisposableStack();
  const folder = async () => {
    const dir = await mkdtemp(join(tmpdir(), 'malote-bench-'));
    opened.defer(() => rm(dir, { recursive: true, force: true }));
    return dir;
  };
  const dir = await folder();
  const ports = { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 };
  const stack = await startStack({ dir, ports, tlsDir: resolve('.local/tls') });
  opened.defer(stack.close);
  const dovecot = await startDovecot({ dir: await folder(), tls: stack.authority });
  opened.defer(dovecot.close);
  const { port, settings, deliver, ready } = await (protocol === 'graph'
    ? mailboxInGraph(stack)
    : mailboxAt(protocol, dovecot, stack, latency, opened));
  let [count, bytes] = [0, 0];
  for (const raw of mails) {
    await deliver(raw);
    count += 1;
    bytes += raw.length;
  }
  await ready?.();
  if (latency) slowDown(stack);

  const environment = {
    ...stack.environment,
    MAIL_ALLOW_PRIVATE_HOSTS: 'true',
    ...(port === undefined ? {} : { MAIL_EXTRA_PORTS: String(port) }),
    SLICE_SECONDS: '420',
    'AzureWebJobs.poll-mailboxes.Disabled': 'true',
  };
  const start = () =>
    startApp({
      port: 0,
      environment,
      logFile: join(dir, 'app.log'),
      stateDir: join(dir, 'host'),
      ...(entry === undefined ? {} : { entry }),
      ...(appDir === undefined ? {} : { appDir }),
    });
  let app = await start();
  opened.defer(() => app.close());
  const call = async (method: string, path: string, body?: unknown, etag?: string) => {
    const response = await fetch(app.url + path, {
      method,
      headers: {
        authorization: `Bearer ${await stack.entra.token('Admin')}`,
        'content-type': 'application/json',
        ...(etag === undefined ? {} : { 'if-match': etag }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return { json: text === '' ? undefined : JSON.parse(text), etag: response.headers.get('etag') ?? '' };
  };
  await call('PUT', '/api/groups/bench', { name: 'Bench' });
  const { json: service, etag } = await call('POST', '/api/services', {
    name: 'Bench',
    readFrom: '2020-01-01',
    groups: [{ groupId: 'bench' }],
    mailbox: settings,
    active: false,
  });
  const counts = async (): Promise<{ published: number; undisposed?: number }> =>
    (await call('GET', `/api/services/${service.id}/status`)).json.counts;
  /** A service that is changed is fetched at once. */
  const begin = () => call('PATCH', `/api/services/${service.id}`, { active: true }, etag);
  const fetchNow = () => call('POST', `/api/services/${service.id}/fetch`);
  const closing = opened.move();
  return {
    count,
    bytes,
    begin,
    counts,
    fetchNow,
    /** Ends the app as a machine that dies does, and starts another. */
    async replaceApp(): Promise<void> {
      process.kill(app.pid, 'SIGKILL');
      await app.ended;
      app = await start();
    },
    /** Fetches until every mail is published and out of the folder; the time it took. */
    async takeIn(): Promise<{ seconds: number; cpuSeconds: number; peakMegabytes: number }> {
      const [started, cpuBefore] = [performance.now(), await cpuSeconds(app.pid)];
      await begin();
      // Once a change of the service alone did not begin a fetch, and the status told less.
      if (appDir !== undefined) await fetchNow();
      for (;;) {
        const { published, undisposed = 0 } = await counts();
        if (published === count && undisposed === 0) break;
        await sleep(250);
      }
      return {
        seconds: (performance.now() - started) / 1000,
        cpuSeconds: (await cpuSeconds(app.pid)) - cpuBefore,
        peakMegabytes: await peakMegabytes(app.pid),
      };
    },
    close: () => closing.disposeAsync(),
  };
}

/** Where mails are put, and how a service reads them. */
type BenchMailbox = {
  port?: number;
  settings: object;
  deliver: (raw: Buffer) => Promise<unknown>;
  ready?: () => Promise<void>;
};

async function mailboxAt(
  protocol: 'imap' | 'pop3',
  dovecot: Dovecot,
  { authority }: Stack,
  latency: boolean,
  opened: AsyncDisposableStack,
): Promise<BenchMailbox> {
  await dovecot.addUser(account.user, account.password);
  const mailbox = await openMailbox({ port: dovecot.ports.imaps, ca: authority.caPem, ...account });
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
    ready: mailbox.close,
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
  };
}
