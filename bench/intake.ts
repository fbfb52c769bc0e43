// One run of intake: mails from Dovecot to the bus through the whole stack, everything on this machine.
// Usage: npm run bench -- [MAILS]   (5,000 unless told)
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp } from '../local/app.ts';
import { findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { openMailbox } from '../local/mail/mailbox.ts';
import { startStack } from '../local/stack.ts';
import { tableLines } from '../local/table.ts';
import { corpus } from './corpus.ts';

const count = Number(process.argv[2] ?? 5_000);
if (!findDovecot()) throw new Error('Dovecot is not installed: apt-get install dovecot-imapd');
await using opened = new AsyncDisposableStack();
const dir = await mkdtemp(join(tmpdir(), 'malote-bench-'));
opened.defer(() => rm(dir, { recursive: true, force: true }));
const ports = { serviceBus: 0, cosmos: 0, blob: 0, entra: 0 };
const stack = await startStack({ dir, ports, tlsDir: resolve('.local/tls') });
opened.defer(stack.close);
const mailDir = await mkdtemp(join(tmpdir(), 'malote-bench-mail-'));
opened.defer(() => rm(mailDir, { recursive: true, force: true }));
const dovecot = await startDovecot({ dir: mailDir, tls: stack.authority });
opened.defer(dovecot.close);

await dovecot.addUser('bench', 'bench');
const mailbox = await openMailbox({
  port: dovecot.ports.imaps,
  ca: stack.authority.caPem,
  user: 'bench',
  password: 'bench',
});
await mailbox.createFolder('Done');
let bytes = 0;
for (const raw of corpus(count)) {
  bytes += raw.length;
  await mailbox.deliver('INBOX', raw);
}
await mailbox.close();

const environment = {
  ...stack.environment,
  MAIL_ALLOW_PRIVATE_HOSTS: 'true',
  MAIL_EXTRA_PORTS: String(dovecot.ports.imaps),
  SLICE_SECONDS: '540',
  'AzureWebJobs.poll-mailboxes.Disabled': 'true',
};
const app = await startApp({
  port: 0,
  environment,
  logFile: join(dir, 'app.log'),
  stateDir: join(dir, 'host'),
});
opened.defer(app.close);
const call = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(app.url + path, {
    method,
    headers: {
      authorization: `Bearer ${await stack.entra.token('Admin')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
};
await call('PUT', '/api/groups/bench', { name: 'Bench' });
const service = await call('POST', '/api/services', {
  name: 'Bench',
  readFrom: '2020-01-01',
  groups: [{ groupId: 'bench' }],
  mailbox: {
    protocol: 'imap',
    host: 'localhost',
    port: dovecot.ports.imaps,
    tls: 'implicit',
    address: 'bench@contact.example',
    username: 'bench',
    afterRead: { action: 'move', folder: 'Done' },
    auth: { type: 'basic', password: 'bench' },
  },
});

const [started, cpuBefore] = [performance.now(), await cpuSeconds(app.pid)];
await call('POST', `/api/services/${service.id}/fetch`);
let published = 0;
let undisposed = 0;
while (published < count || undisposed > 0) {
  await sleep(500);
  ({ published, undisposed } = (await call('GET', `/api/services/${service.id}/status`)).counts);
}
const seconds = (performance.now() - started) / 1000;
const cpu = (await cpuSeconds(app.pid)) - cpuBefore;
const rows = [
  ['mails', String(count)],
  ['bytes', `${(bytes / 1e6).toFixed(0)} MB`],
  ['time', `${seconds.toFixed(1)} s`],
  ['mails per second', (count / seconds).toFixed(0)],
  ["CPU of the app's process per mail", `${((cpu * 1000) / count).toFixed(2)} ms`],
  ["peak memory of the app's process", `${((await peakKilobytes(app.pid)) / 1000).toFixed(0)} MB`],
];
console.log(tableLines(['figure', 'value'], rows, [40, 20]).join('\n'));

/** User and system time of a process and its threads, proc(5): fields 14 and 15, in ticks of 10 ms. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function peakKilobytes(pid: number): Promise<number> {
  return Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
