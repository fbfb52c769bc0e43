// How fetchmail is told to take everything out of a mailbox; what becomes of a mail is for who uses it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

type Account = { protocol: 'IMAP' | 'POP3'; port: number; user: string; password: string; caFile: string };

/** Writes its settings into `dir`, with words that say how it delivers; gives its arguments. */
export async function configureFetchmail(
  dir: string,
  { protocol, port, user, password, caFile }: Account,
  delivery: string,
): Promise<string[]> {
  const file = join(dir, 'fetchmailrc');
  const settings = [
    'set no syslog',
    `set idfile "${join(dir, 'ids')}"`,
    `set pidfile "${join(dir, 'pid')}"`,
    `poll localhost protocol ${protocol} port ${port}`,
    `user "${user}" password "${password}" is bench here`,
    `ssl sslcertck sslcertfile "${caFile}"`,
    `fetchall no keep ${delivery}`,
  ];
  await writeFile(file, `${settings.join('\n')}\n`, { mode: 0o600 });
  return ['--silent', '--nodetach', '--fetchmailrc', file];
}
