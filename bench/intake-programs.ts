// Who takes part in bench/intake-peers.ts: Malote, and the short programs of bench/peers/ that somebody would write instead.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ServiceBusClient } from '@azure/service-bus';
import type { ServiceBus } from '../local/service-bus/server.ts';
import { account, type FilledStack, startFilledStack } from './filled-stack.ts';
import { type Intake, type IntakeContender, useOf } from './intake-contender.ts';
import { startMailroom } from './mailroom.ts';

const malote: IntakeContender = {
  name: 'Malote',
  stores: 'blobs, database, bus',
  lacks: '',
  far: true,
  async takeIn(mails, latency) {
    const room = await startMailroom(mails, { latency });
    try {
      const use = await room.takeIn();
      const { stack, mailbox } = room.filled;
      return { ...use, messageIds: await receiveIds(stack.serviceBus), left: await mailbox.countLeft() };
    } finally {
      await room.close();
    }
  },
};

const node = (file: string) => [process.execPath, '--no-warnings', `bench/peers/${file}`];

export const programs: IntakeContender[] = [
  malote,
  {
    name: 'same-stores.mjs',
    stores: 'blobs, database, bus',
    lacks: 'ends with the first bad mail or answer; large mails, safe HTML, conversations',
    far: true,
    takeIn: running(node('same-stores.mjs'), ({ stack }) => receiveIds(stack.serviceBus)),
  },
  {
    name: 'files-and-sqlite.mjs',
    stores: 'files, SQLite, no fsync',
    lacks: 'the same; twice after a kill before MOVE; tells nobody',
    far: false,
    takeIn: running(node('files-and-sqlite.mjs'), ({ dir }) => readTable(dir)),
  },
  {
    name: 'files-and-sqlite.py',
    stores: 'files, SQLite, no fsync',
    lacks: 'the same; twice after a kill before MOVE; tells nobody',
    far: false,
    takeIn: running(['python3', 'bench/peers/files-and-sqlite.py'], ({ dir }) => readTable(dir)),
  },
];

/** A program that is told by its environment where to read and to write. */
function running(
  command: string[],
  messageIdsIn: (filled: FilledStack) => Promise<string[]>,
): IntakeContender['takeIn'] {
  return async (mails, latency): Promise<Intake> => {
    await using opened = new AsyncDisposableStack();
    const filled = await startFilledStack(opened, mails, { latency });
    const use = await useOf(command, {
      ...filled.stack.environment,
      MAIL_PORT: String(filled.mailbox.port),
      MAIL_USER: account.user,
      MAIL_PASSWORD: account.password,
      INTO: filled.dir,
    });
    return { ...use, messageIds: await messageIdsIn(filled), left: await filled.mailbox.countLeft() };
  };
}

/** Of every event that the platform would get. */
async function receiveIds({ connectionString }: ServiceBus): Promise<string[]> {
  await using opened = new AsyncDisposableStack();
  const bus = new ServiceBusClient(connectionString);
  opened.defer(() => bus.close());
  const receiver = bus.createReceiver('mail-events', 'platform', { receiveMode: 'receiveAndDelete' });
  const ids: string[] = [];
  for (;;) {
    const events = await receiver.receiveMessages(500, { maxWaitTimeInMs: 1_000 });
    if (events.length === 0) return ids;
    for (const { body } of events) {
      if (body.type === undefined) ids.push(body.messageId);
      if (body.type === 'mail.received') ids.push(body.data.headers.messageId);
    }
  }
}

/** Of every row whose mail is in a file. */
async function readTable(dir: string): Promise<string[]> {
  using db = new DatabaseSync(join(dir, 'mails.db'), { readOnly: true });
  const files = new Set(await readdir(dir));
  const rows = db.prepare('SELECT sha256, message_id FROM mails').all();
  return rows.filter(row => files.has(`${row.sha256}.eml`)).map(row => String(row.message_id));
}
