// Znuny 6.5 for bench/intake-peers.ts: a copy of its own beside a PostgreSQL of its own, which fetches with its own command over IMAP.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startChild, stopChild } from '../local/child-process.ts';
import { findFreePorts } from '../local/mail/free-ports.ts';
import { chooseServerUser } from '../local/mail/server-user.ts';
import { account, startFilledStack } from './filled-stack.ts';
import { type IntakeContender, readyAtOnce, useOf } from './intake-contender.ts';
import { childrensCpuSeconds, groupMegabytes } from './process-use.ts';

const run = promisify(execFile);

/** Debian's package still has the name of what Znuny was forked from. */
const installed = '/usr/share/otrs';
const postgres = '/usr/lib/postgresql/15/bin';

export const znuny: IntakeContender = {
  name: 'Znuny 6.5',
  stores: 'PostgreSQL',
  lacks: 'twice after a kill; deletes, does not move; rests a second after 20 mails',
  far: false,
  atMost: 200,
  missing: () =>
    [installed, postgres].every(path => existsSync(path))
      ? undefined
      : 'apt-get install postgresql otrs2 (non-free)',
  async takeIn(mails) {
    await using opened = new AsyncDisposableStack();
    const { dir, mailbox } = await startFilledStack(opened, mails, {});
    const database = await makeDatabase(dir);
    const home = join(dir, 'znuny');
    const command = (...words: string[]) => [join(home, 'bin/otrs.Console.pl'), ...words, '--allow-root'];
    {
      // The database is started twice, so that what it takes to fill it is no part of the figure.
      await using filling = new AsyncDisposableStack();
      filling.defer((await database.start()).stop);
      for (const name of ['schema', 'initial_insert', 'schema-post'])
        await database.ask('-f', join(installed, `scripts/database/${name}.postgresql.sql`));
      await makeCopy(home, database.port);
      await run('perl', command('Maint::Config::Rebuild'));
      const host = `localhost:${mailbox.port}`;
      await database.ask(
        '-c',
        `INSERT INTO mail_account (login, pw, host, account_type, queue_id, trusted, imap_folder, valid_id, create_time, create_by,
          change_time, change_by) VALUES ('${account.user}', '${account.password}', '${host}', 'IMAPS', 1, 0, 'INBOX', 1, now(), 1, now(), 1)`,
      );
    }
    const cpuBefore = await childrensCpuSeconds();
    const { pid, stop } = await database.start();
    opened.defer(stop);
    // It is started for every fetch, by cron or its own daemon: so its start counts.
    const fetching = ['perl', ...command('Maint::PostMaster::MailAccountFetch', '--force-pid')];
    const { seconds, peakMegabytes } = await useOf(readyAtOnce(fetching), {});
    const inDatabase = await groupMegabytes(pid);
    // The first article is a welcome.
    const rows = await database.ask('-c', 'SELECT a_message_id FROM article_data_mime WHERE article_id > 1');
    await stop();
    return {
      seconds,
      cpuSeconds: (await childrensCpuSeconds()) - cpuBefore,
      peakMegabytes: peakMegabytes + inDatabase,
      messageIds: rows.split('\n').filter(Boolean),
      left: await mailbox.countLeft(),
    };
  },
};

/** PostgreSQL refuses to run as root. */
async function makeDatabase(dir: string) {
  const data = join(dir, 'postgresql');
  const user = await chooseServerUser();
  const options = await user.childOptions(dir);
  await mkdir(data);
  await user.own(data);
  const locale = ['--encoding', 'UTF8', '--locale', 'C.UTF-8'];
  await run(join(postgres, 'initdb'), ['-D', data, '--auth', 'trust', '-U', 'otrs', ...locale], options.user);
  const [port = 0] = await findFreePorts(1);
  const login = ['-h', '127.0.0.1', '-p', String(port), '-U', 'otrs', '-v', 'ON_ERROR_STOP=1'];
  const ask = async (...words: string[]) =>
    (await run('psql', [...login, '-qtA', ...words, 'postgres'])).stdout;
  return {
    port,
    ask,
    async start() {
      const words = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', ''];
      const server = startChild(join(postgres, 'postgres'), words, options);
      server.stdout.resume();
      server.stderr.resume();
      const isUp = () =>
        ask('-c', 'SELECT 1').then(
          () => true,
          () => false,
        );
      while (!(await isUp())) await sleep(100);
      return { pid: server.pid ?? 0, stop: () => stopChild(server) };
    },
  };
}

/** It writes into its own folder. Nothing is sent. */
async function makeCopy(home: string, databasePort: number): Promise<void> {
  // What its links lead to is copied, but for those that lead nowhere.
  await cp(installed, home, { recursive: true, dereference: true, filter: path => existsSync(path) });
  const settings = {
    Home: home,
    DatabaseUser: 'otrs',
    DatabaseDSN: `DBI:Pg:dbname=postgres;host=127.0.0.1;port=${databasePort};`,
    SendmailModule: 'Kernel::System::Email::DoNotSendEmail',
  };
  const lines = Object.entries(settings).map(([name, value]) => `  $Self->{${name}} = '${value}';`);
  const load = `sub Load {\n  my $Self = shift;\n${lines.join('\n')}\n  return 1;\n}`;
  const defaults = 'use Kernel::Config::Defaults;\nuse parent qw(Kernel::Config::Defaults);';
  const file = join(home, 'Kernel/Config.pm');
  await rm(file, { force: true });
  await writeFile(file, `package Kernel::Config;\nuse utf8;\n${load}\n${defaults}\n1;\n`);
}
