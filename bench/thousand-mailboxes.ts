// A thousand mailboxes on one machine: does none starve, and what do they cost when nothing comes? The app polls by itself.
// Usage: node local/setup.mjs bench/thousand-mailboxes.ts [MAILBOXES [MINUTES [POLL_SECONDS]]]   (1000, 10 and 60 unless told)
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp } from '../local/app.ts';
import { dovecotMissing, findDovecot, startDovecot } from '../local/mail/dovecot.ts';
import { tableLines } from '../local/table.ts';
import { createReference } from '../shared/azure/references-store.ts';
import { auditEntry } from '../shared/domain/audit.ts';
import { registerService } from '../shared/flows/services/register.ts';
import { createLog } from '../shared/log.ts';
import { readNumbers } from './command-line.ts';
import { costOf } from './cost.ts';
import { cpuSeconds, peakMegabytes } from './process-use.ts';
import { startBench } from './start-stack.ts';
import { userService } from './user-service.ts';

const [mailboxes, minutes, pollSeconds] = readNumbers(1_000, 10, 60) as [number, number, number];
const password = 'bench';
const actor = { oid: 'bench', name: 'bench', role: 'Admin' };
const log = createLog(() => {});
const clock = () => new Date();

if (!findDovecot()) throw new Error(dovecotMissing);
await using opened = new AsyncDisposableStack();
let [port, logFile] = [0, ''];
const { dir, stack, clients } = await startBench(opened, async ({ authority }, dir) => {
  const dovecotDir = join(dir, 'dovecot');
  const dovecot = await startDovecot({ dir: dovecotDir, tls: authority });
  opened.defer(dovecot.close);
  for (let n = 0; n < mailboxes; n += 1) await dovecot.addUser(`user${n}`, password);
  port = dovecot.ports.imaps;
  logFile = join(dovecotDir, 'dovecot.log');
  return { MAIL_ALLOW_PRIVATE_HOSTS: 'true', MAIL_EXTRA_PORTS: String(port) };
});

const { catalog } = clients.database;
const entry = { id: 'bench', who: actor, action: 'created', kind: 'group', target: 'bench' } as const;
const pending = { audit: auditEntry({ ...entry, changes: [] }, clock()), event: null };
await createReference(catalog, 'group', { id: 'bench', name: 'Bench', obsolete: false }, pending);
for (let n = 0; n < mailboxes; n += 1) {
  const written = userService(n, { port, password, pollSeconds });
  await registerService(clients, written, { actor, now: clock(), clock, log });
}

const app = await startApp({
  port: 0,
  environment: { ...stack.environment, MAIL_ALLOW_PRIVATE_HOSTS: 'true', MAIL_EXTRA_PORTS: String(port) },
  logFile: join(dir, 'app.log'),
  stateDir: join(dir, 'host'),
});
opened.defer(() => app.close());
// Every mailbox was asked for when its service was made; the first minute is theirs.
while ((await readLogins()).size < mailboxes) await sleep(2_000);
const [began, cpuBefore] = [Date.now(), await cpuSeconds(app.pid)];
const { units, requests, plans } = await costOf(stack.cosmos, () => sleep(minutes * 60_000));
const ended = Date.now();
const passedSeconds = (ended - began) / 1000;
const logins = [...(await readLogins()).values()].map(times => times.filter(at => at >= began - 1_000));
const longest = logins.map(times => longestPauseMs([began, ...times, ended]) / 1000);
longest.sort((one, other) => one - other);
const looks = logins.flat().length;
const cpu = (await cpuSeconds(app.pid)) - cpuBefore;
const rows = [
  ['mailboxes', String(mailboxes)],
  ['minutes, pollSeconds', `${minutes}, ${pollSeconds}`],
  ['looks', String(looks)],
  ['longest without a look, median', `${longest[Math.floor(longest.length / 2)]?.toFixed(0)} s`],
  ['longest without a look, of all', `${longest.at(-1)?.toFixed(0)} s`],
  [
    'mailboxes that waited longer than twice pollSeconds',
    String(longest.filter(s => s > 2 * pollSeconds).length),
  ],
  ['CPU of the app a look', `${((1000 * cpu) / looks).toFixed(1)} ms`],
  ['processors busy with the app', (cpu / passedSeconds).toFixed(2)],
  ['RU a second (requests, plans)', `${(units / passedSeconds).toFixed(1)} (${requests}, ${plans})`],
  ['peak memory of the app', `${(await peakMegabytes(app.pid)).toFixed(0)} MB`],
];
console.log(tableLines(['figure', 'value'], rows, [52, 24]).join('\n'));

function longestPauseMs(times: number[]): number {
  return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}

/** When each user logged in, as the mail server writes it down, to the second: `Nov 27 20:32:04 imap-login: Info: Login: user=<...>`. */
async function readLogins(): Promise<Map<string, number[]>> {
  const logins = new Map<string, number[]>();
  const year = clock().getFullYear();
  for (const line of (await readFile(logFile, 'utf8')).split('\n')) {
    const [, at = '', user = ''] =
      /^(\w+ +\d+ [\d:]+) imap-login: Info: Login: user=<([^>]+)>/.exec(line) ?? [];
    if (user !== '') logins.set(user, [...(logins.get(user) ?? []), Date.parse(`${at} ${year}`)]);
  }
  return logins;
}
