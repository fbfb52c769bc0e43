// A look into a folder of a million mails, of which none, all or every other one are in the ledger: time, memory, and bytes from the
// server, which is a script of the few answers that a look asks for, in this process.
// Usage: node local/setup.mjs bench/large-folder.ts [MAILS]   (1,000,000 unless told)
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { resolve } from 'node:path';
import { createServer } from 'node:tls';
import { CommandReader } from '../local/mail/command-reader.ts';
import { tableLines } from '../local/table.ts';
import { createAuthority } from '../local/tls.ts';
import type { ServiceId } from '../shared/domain/ids.ts';
import { newMailbox } from '../shared/domain/mailbox/mailbox.ts';
import type { Fetch } from '../shared/flows/intake/fetch.ts';
import { lookInto } from '../shared/flows/intake/look.ts';
import { readers } from '../shared/mailboxes/readers.ts';
import { readCount } from './command-line.ts';

const MAILS = readCount(1_000_000);
const now = new Date();
const authority = await createAuthority(resolve('.local/tls'));
let sentBytes = 0;
const found = `* SEARCH ${Array.from({ length: MAILS }, (_, n) => n + 1).join(' ')}\r\n`;
const answers: [RegExp, (command: string) => string][] = [
  [/^CAPABILITY/, () => '* CAPABILITY IMAP4rev1 MOVE UIDPLUS\r\n'],
  [/^LIST/, () => '* LIST () "/" "INBOX"\r\n'],
  [
    /^SELECT/,
    () =>
      `* ${MAILS} EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT ${MAILS + 1}] next\r\n`,
  ],
  [/^UID SEARCH/, () => found],
  [
    /^UID FETCH/,
    command =>
      members(command.split(' ')[2] ?? '')
        .map(
          uid => `* ${uid} FETCH (UID ${uid} INTERNALDATE "01-Nov-2026 10:00:00 +0000" RFC822.SIZE 9000)\r\n`,
        )
        .join(''),
  ],
];
const server = createServer(
  { cert: authority.certPem, key: authority.keyPem },
  socket => void converse(socket),
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

const rows: string[][] = [];
for (const [what, takenIn] of [
  ['none is in the ledger', ''],
  ['all but ten are, and still in the folder', `1:${MAILS - 10}`],
  ['every other one is', Array.from({ length: MAILS / 2 }, (_, n) => n * 2 + 1).join(',')],
] as const) {
  rows.push([what, ...(await lookWith(takenIn))]);
}
console.log(
  tableLines(
    ['of its mails', 'seconds', 'CPU s', 'peak MB', 'MB sent', 'undisposed'],
    rows,
    [42, 9, 9, 9, 9, 12],
  ).join('\n'),
);
server.close();

/** Seconds, CPU seconds, the most memory of this process so far and megabytes from the server; and how many mails are to be disposed of. */
async function lookWith(takenIn: string): Promise<string[]> {
  const mailbox = {
    protocol: 'imap' as const,
    host: 'localhost',
    port,
    tls: 'implicit' as const,
    folder: 'INBOX',
    address: 'bench@contact.example',
    username: 'bench',
    caCertificate: authority.caPem,
    auth: { type: 'basic' as const },
    afterRead: { action: 'move' as const, folder: 'Done' },
  };
  const allowances = { allowPlaintext: false, allowPrivateHosts: true, extraPorts: [port], graphUrl: '' };
  const credential = { type: 'password' as const, password: 'bench' };
  const session = await readers.imap.open(
    { mailbox, credential, remembered: undefined, clock: () => now },
    allowances,
    new AbortController().signal,
  );
  const before = { ...newMailbox('bench' as ServiceId), generation: session.generation, takenIn };
  const service = { value: { service: { readFromAt: '2020-01-01T00:00:00Z' } }, etag: 'e' };
  const fetch = { service, stored: undefined, request: { reason: 'tick' }, clock: () => now };
  sentBytes = 0;
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  const look = await lookInto(fetch as unknown as Fetch, session, before);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await session.close();
  return [
    seconds.toFixed(2),
    ((user + system) / 1e6).toFixed(2),
    (process.resourceUsage().maxRSS / 1024).toFixed(0),
    (sentBytes / 2 ** 20).toFixed(1),
    look.undisposed.length.toLocaleString('en'),
  ];
}

async function converse(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  socket.write('* OK ready\r\n');
  const reader = new CommandReader();
  for await (const chunk of socket) {
    for (const { command } of reader.read(chunk)) {
      if (!command) continue;
      const [, answer] = answers.find(([start]) => start.test(command.text)) ?? [];
      const text = `${answer?.(command.text) ?? ''}${command.tag} OK done\r\n`;
      sentBytes += text.length;
      socket.write(text);
    }
  }
}

function members(set: string): number[] {
  return set.split(',').flatMap(range => {
    const [from = 0, to = from] = range.split(':').map(Number);
    return Array.from({ length: to - from + 1 }, (_, n) => from + n);
  });
}
