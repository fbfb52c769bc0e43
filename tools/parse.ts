// npm run parse: prints what would be read of mails in files, one JSON line each, for whoever wonders about a mail.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { readArguments, refuse } from '../local/arguments.ts';
import { mailData } from '../shared/domain/event/mail.ts';
import type { MailKey, ServiceId } from '../shared/domain/ids.ts';
import type { Mail } from '../shared/domain/mail/mail.ts';
import { conversationKey } from '../shared/mime/conversation.ts';
import { createParser, type Parser } from '../shared/mime/parser.ts';

const help = `Usage: npm run parse -- [--pretty] [--own ADDRESS]... FILE.eml...

Prints one JSON line per file: the data that a mail.received event would carry, as far as a file can tell (there is
no service and no mailbox behind it). "-" reads a mail from standard input.
A broken mail is parsed as far as it goes. A file that cannot be read gives a line with "error" and exit code 1.

  --own ADDRESS  an address of ours: by these loops, and whom to answer, are known; may be repeated
  --pretty       indent the JSON
  --help         print this`;

const { values, positionals } = readArguments('npm run parse', {
  allowPositionals: true,
  options: {
    own: { type: 'string', multiple: true, default: [] },
    pretty: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** Stands for a time nobody knows; the same file always gives the same line. */
const epoch = '1970-01-01T00:00:00Z';

/** Parses one file; never fails. */
async function describe(parser: Parser, file: string): Promise<object> {
  try {
    const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file);
    const { mail } = await parser.parse({ bytes }, { ownAddresses: values.own });
    return { file, ...published(bytes, mail) };
  } catch (error) {
    process.exitCode = 1;
    return { file, error: error instanceof Error ? error.message : String(error) };
  }
}

/** The event's data. What only a service knows is filled with what says so. */
function published(bytes: Buffer, mail: Mail): object {
  const rawSha256 = createHash('sha256').update(bytes).digest('hex');
  const mailKey = `file.${rawSha256}` as MailKey;
  return mailData({
    mailKey,
    service: { id: 'file' as ServiceId, name: 'file', discardDisabled: false },
    groups: [],
    preRegistration: null,
    receivedAt: mail.headers.date ?? epoch,
    mail,
    rawSizeBytes: bytes.length,
    rawSha256,
    conversation: { key: conversationKey(mail.headers) ?? mailKey, first: true },
    delivery: { number: 1, reason: 'new' },
    baseUrl: '',
    now: new Date(epoch),
  });
}

/** So many are read while one is parsed. */
const mostUnderWay = 8;

/** Lines come in the order of the files. */
async function printAll(files: string[]): Promise<void> {
  const parser = createParser();
  const underWay: Promise<object>[] = [];
  for (let next = 0; next < files.length || underWay.length > 0; ) {
    while (next < files.length && underWay.length < mostUnderWay) {
      underWay.push(describe(parser, files[next] as string));
      next++;
    }
    console.log(JSON.stringify(await underWay.shift(), null, values.pretty ? 2 : undefined));
  }
  await parser.close();
}

// The reader of a pipe may have seen enough: `npm run parse -- *.eml | head`.
process.stdout.on('error', () => process.exit());

if (values.help) console.log(help);
else if (positionals.length === 0) refuse('npm run parse', 'Name a file of a mail');
else await printAll(positionals);
