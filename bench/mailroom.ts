// The whole stack for a benchmark: one mailbox, the app as a process of its own, and what that process has used.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp } from '../local/app.ts';
import { type Protocol, startFilledStack } from './filled-stack.ts';
import { cpuSeconds, peakMegabytes } from './process-use.ts';

type Options = {
  protocol?: Protocol;
  /** Of the app: its source unless told. */
  entry?: string;
  /** Where the app is: this checkout unless told. */
  appDir?: string;
  /** Whether answers take as long as Azure's and a mail server's. */
  latency?: boolean;
  /** So many of the mails are taken in before anything is measured, for they load and compile what is used first. */
  warmUp?: number;
};

/** Fills a mailbox with these mails and starts the app; nothing of what is measured is read before `takeIn`. */
export async function startMailroom(
  mails: Iterable<Buffer>,
  { protocol = 'imap', entry, appDir, latency = false, warmUp = 0 }: Options = {},
) {
  await using opened = new AsyncDisposableStack();
  const all = mails[Symbol.iterator]();
  const first = warmUp === 0 ? mails : firstOf(all, warmUp);
  const filled = await startFilledStack(opened, first, { protocol, latency });
  const { dir, stack, mailbox } = filled;
  const environment = {
    ...stack.environment,
    MAIL_ALLOW_PRIVATE_HOSTS: 'true',
    ...(mailbox.port === undefined ? {} : { MAIL_EXTRA_PORTS: String(mailbox.port) }),
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
    mailbox: mailbox.settings,
    active: false,
  });
  const counts = async (): Promise<{ published: number; undisposed?: number }> =>
    (await call('GET', `/api/services/${service.id}/status`)).json.counts;
  /** A service that is changed is fetched at once. */
  const begin = () => call('PATCH', `/api/services/${service.id}`, { active: true }, etag);
  const fetchNow = () => call('POST', `/api/services/${service.id}/fetch`);
  const takenIn = async (count: number) => {
    for (;;) {
      const { published, undisposed = 0 } = await counts();
      if (published === count && undisposed === 0) return;
      await sleep(250);
    }
  };
  let { count, bytes } = filled;
  if (warmUp > 0) {
    await begin();
    // Once a change of the service alone did not begin a fetch, and the status told less.
    if (appDir !== undefined) await fetchNow();
    await takenIn(warmUp);
    // The fetch that moved the last of them is to be over, or the next finds it at the mailbox.
    while ((await filled.mailbox.countLeft()) > 0) await sleep(250);
    await sleep(1_000);
    ({ count, bytes } = await filled.fill({ [Symbol.iterator]: () => all }));
  }
  const closing = opened.move();
  return {
    filled,
    /** What is measured. */
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
      if (warmUp === 0) await begin();
      if (warmUp > 0 || appDir !== undefined) await fetchNow();
      await takenIn(warmUp + count);
      return {
        seconds: (performance.now() - started) / 1000,
        cpuSeconds: (await cpuSeconds(app.pid)) - cpuBefore,
        peakMegabytes: await peakMegabytes(app.pid),
      };
    },
    close: () => closing.disposeAsync(),
  };
}

function* firstOf(mails: Iterator<Buffer>, count: number): Generator<Buffer> {
  for (let n = 0; n < count; n++) {
    const { value, done } = mails.next();
    if (done) return;
    yield value;
  }
}
