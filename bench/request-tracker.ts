// Request Tracker 5 for bench/intake-peers.ts: an instance of its own, fed as its manual has it: fetchmail, and a mail gateway for each mail.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startChild, stopChild } from '../local/child-process.ts';
import { findFreePorts } from '../local/mail/free-ports.ts';
import { configureFetchmail } from './fetchmail.ts';
import { account, startFilledStack } from './filled-stack.ts';
import { type IntakeContender, readyAtOnce, useOf } from './intake-contender.ts';
import { childrensCpuSeconds, cpuSeconds, groupMegabytes } from './process-use.ts';

const run = promisify(execFile);

const rtServer = '/usr/share/request-tracker5/libexec/rt-server';
const needed = ['/usr/bin/fetchmail', '/usr/bin/rt-mailgate-5', '/usr/share/doc/rt5-standalone', rtServer];
const packages = 'fetchmail request-tracker5 rt5-standalone rt5-db-sqlite';

export const requestTracker: IntakeContender = {
  name: 'Request Tracker 5',
  stores: 'SQLite',
  lacks: 'twice after a kill before EXPUNGE; deletes, does not move',
  far: false,
  atMost: 200,
  missing: () =>
    needed.every(path => existsSync(path))
      ? undefined
      : `apt-get install --no-install-recommends ${packages}`,
  async takeIn(mails) {
    await using opened = new AsyncDisposableStack();
    const { dir, stack, mailbox } = await startFilledStack(opened, mails, {});
    const [port = 0] = await findFreePorts(1);
    const env = await makeInstance(dir, port);
    const cpuBefore = await childrensCpuSeconds();
    // Mails come one at a time: more workers would each warm up for a few of them.
    const server = startChild(rtServer, ['--port', String(port), '--max-workers', '1'], { env });
    server.stdout.resume();
    server.stderr.resume();
    opened.defer(() => stopChild(server));
    const url = `http://127.0.0.1:${port}`;
    while (!(await answers(url))) await sleep(100);
    const cpuOfStart = await cpuSeconds(server.pid ?? 0);

    const gateway = `rt-mailgate-5 --queue General --action correspond --url ${url}`;
    const login = {
      protocol: 'IMAP',
      port: mailbox.port ?? 0,
      caFile: stack.authority.caFile,
      ...account,
    } as const;
    const words = await configureFetchmail(dir, login, `mda "${gateway}"`);
    const { seconds } = await useOf(readyAtOnce(['fetchmail', ...words]), env);
    const peakMegabytes = await groupMegabytes(server.pid ?? 0);
    await stopChild(server);
    return {
      seconds,
      cpuSeconds: (await childrensCpuSeconds()) - cpuBefore - cpuOfStart,
      peakMegabytes,
      messageIds: readTickets(dir),
      left: await mailbox.countLeft(),
    };
  },
};

/** Anybody may write; what it answers to them goes into a file. */
async function makeInstance(dir: string, port: number): Promise<Record<string, string>> {
  const settings = {
    DatabaseType: 'SQLite',
    DatabaseName: join(dir, 'rt.db'),
    rtname: 'bench',
    Organization: 'bench.example',
    WebDomain: '127.0.0.1',
    WebPort: port,
    MailCommand: 'testfile',
    MasonDataDir: join(dir, 'mason'),
    LogToSyslog: 'error',
    LogToSTDERR: 'error',
  };
  const site = Object.entries(settings).map(([name, value]) => `Set($${name}, '${value}');\n`);
  const right = "{ GroupDomain => 'SystemInternal', GroupType => 'Everyone', Right => $_ }";
  const rights = `@ACL = map { ${right} } qw(CreateTicket ReplyToTicket SeeQueue);\n1;\n`;
  await writeFile(join(dir, 'site.pm'), `${site.join('')}1;\n`);
  await writeFile(join(dir, 'rights.pl'), rights);
  for (const name of ['mason', 'no-more-settings']) await mkdir(join(dir, name));
  const env = {
    RT_SITE_CONFIG: join(dir, 'site.pm'),
    RT_SITE_CONFIG_DIR: join(dir, 'no-more-settings'),
    TMPDIR: dir,
    HOME: dir,
    FETCHMAILHOME: dir,
  };
  const setUp = (...words: string[]) =>
    run('/usr/sbin/rt-setup-database-5', ['--action', ...words], { env: { ...process.env, ...env } });
  await setUp('init');
  await setUp('insert', '--datafile', join(dir, 'rights.pl'));
  return env;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    async response => (await response.arrayBuffer()).byteLength > 0,
    () => false,
  );
}

/** The mails that made a ticket or were added to one. */
function readTickets(dir: string): string[] {
  using db = new DatabaseSync(join(dir, 'rt.db'), { readOnly: true });
  const rows =
    db.prepare(`SELECT MessageId AS id FROM Attachments JOIN Transactions ON Transactions.id = TransactionId
    WHERE Parent = 0 AND ObjectType = 'RT::Ticket' AND Type IN ('Create', 'Correspond')`);
  return rows.all().map(({ id }) => String(id));
}
