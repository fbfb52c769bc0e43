// Our readers for bench/readers.ts, each run in a process of its own.
import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MailboxSettings } from '../shared/domain/service/service.ts';
import type { Contender } from './contender.ts';
import type { FilledMailbox } from './filled-mailboxes.ts';
import type { Reading, Result } from './read-mailbox.ts';

const run = promisify(execFile);

export const ourReaders: Contender[] = [
  { name: 'malote', protocol: 'IMAP', ...reading(onServer('imap')) },
  { name: 'malote, two connections', protocol: 'IMAP', ...reading(onServer('imap'), 2) },
  { name: 'malote', protocol: 'POP3', ...reading(onServer('pop3')) },
  { name: 'malote', protocol: 'Graph', ...reading(onGraph) },
];

function reading(
  settings: (filled: FilledMailbox) => MailboxSettings,
  connections = 1,
): Pick<Contender, 'writes' | 'read'> {
  return {
    writes: 'a file each, no fsync',
    async read(filled, dir) {
      const into = join(dir, 'mails');
      await mkdir(into);
      const mailbox = settings(filled);
      const secret = mailbox.protocol === 'graph' ? filled.graphToken : filled.password;
      const reading: Reading = { mailbox, secret, graphUrl: filled.graphUrl, connections, into };
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: filled.authority.caFile };
      const args = ['bench/read-mailbox.ts', JSON.stringify(reading)];
      const { stdout } = await run(process.execPath, args, { env });
      const result: Result = JSON.parse(stdout);
      return { ...result, delivered: (await readdir(into)).length };
    },
  };
}

function accountOf({ address }: FilledMailbox) {
  return { address, username: address, folder: 'INBOX', afterRead: { action: 'delete' as const } };
}

function onServer(protocol: 'imap' | 'pop3'): (filled: FilledMailbox) => MailboxSettings {
  return filled => ({
    ...accountOf(filled),
    protocol,
    host: filled.host,
    port: protocol === 'imap' ? filled.ports.imaps : filled.ports.pop3s,
    tls: 'implicit',
    caCertificate: filled.authority.caPem,
    auth: { type: 'basic' },
  });
}

function onGraph(filled: FilledMailbox): MailboxSettings {
  return {
    ...accountOf(filled),
    protocol: 'graph',
    auth: {
      type: 'oauth',
      flow: 'clientCredentials',
      // The token is there already.
      clientId: '',
      tenantId: '',
      redirectUri: null,
      clientSecretExpiresAt: null,
      clientCertificateExpiresAt: null,
    },
  };
}
