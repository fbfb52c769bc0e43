// Reads a mailbox as intake does, with nothing behind it: every mail in a file of its own, and deleted at the server.
// A process of its own for bench/readers.ts, which gives it a Reading as JSON and gets a Result.
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ServiceId } from '../shared/domain/ids.ts';
import { newMailbox } from '../shared/domain/mailbox/mailbox.ts';
import type { MailboxSettings } from '../shared/domain/service/service.ts';
import { type Batch, Batches } from '../shared/flows/intake/batches.ts';
import { readers } from '../shared/mailboxes/readers.ts';
import type { Credential, DisposalNotes, Session } from '../shared/mailboxes/session.ts';

export type Reading = {
  mailbox: MailboxSettings;
  /** A password, or an access token for Graph. */
  secret: string;
  graphUrl: string;
  /** Each reads an equal part of the mails. */
  connections: number;
  /** An empty folder for the mails. */
  into: string;
};

/** From before the connection to after the last mail was deleted; starting Node is not part of it. */
export type Result = { seconds: number; cpuSeconds: number };

const readFrom = new Date(0);
const noNotes: DisposalNotes = {
  copyState: () => undefined,
  noteCopies: async () => {},
  marked: [],
  noteMarked: async () => {},
};

const reading: Reading = JSON.parse(process.argv[2] ?? '');
const [startedAt, cpuBefore] = [performance.now(), process.cpuUsage()];
await readMailbox(reading);
const { user, system } = process.cpuUsage(cpuBefore);
const result: Result = {
  seconds: (performance.now() - startedAt) / 1000,
  cpuSeconds: (user + system) / 1e6,
};
console.log(JSON.stringify(result));

async function readMailbox(reading: Reading): Promise<void> {
  for (let left = true, remembered: string | undefined; left; ) {
    const sessions = await openSessions(reading, remembered);
    const ids = (await sessions[0]?.list(readFrom)) ?? [];
    const share = Math.ceil(ids.length / sessions.length);
    await Promise.all(
      sessions.map((session, n) => readMails(session, ids.slice(n * share, (n + 1) * share), reading)),
    );
    // Of a maildrop a session looks at so many mails alone; the others are for the next one.
    const maildrop = sessions[0]?.maildrop;
    await maildrop?.commit();
    remembered = maildrop?.toRemember();
    left = maildrop !== undefined && maildrop.unlisted > 0;
    await Promise.all(sessions.map(session => session.close()));
  }
}

function openSessions(
  { mailbox, secret, graphUrl, connections }: Reading,
  remembered: string | undefined,
): Promise<Session[]> {
  const extraPorts = mailbox.protocol === 'graph' ? [] : [mailbox.port];
  const allowances = { allowPlaintext: false, allowPrivateHosts: true, extraPorts, graphUrl };
  const credential: Credential =
    mailbox.protocol === 'graph'
      ? { type: 'token', token: async () => secret }
      : { type: 'password', password: secret };
  const target = { mailbox, credential, remembered, clock: () => new Date() };
  const { open } = readers[mailbox.protocol];
  const opening = () => open(target, allowances, new AbortController().signal);
  return Promise.all(Array.from({ length: connections }, opening));
}

/** In the batches of intake: at most 100 mails or 8 MB, a larger mail alone and streamed. */
async function readMails(session: Session, ids: string[], { mailbox, into }: Reading): Promise<void> {
  const batches = new Batches(session, readFrom, ids, newMailbox('bench' as ServiceId), new Date());
  for (let next = await batches.next(); next; next = await batches.next()) {
    if ('failure' in next) throw next.failure;
    const { batch } = next;
    await writeMails(session, batch, into);
    await session.dispose(
      batch.mails.map(({ id }) => id),
      mailbox.afterRead,
      noNotes,
    );
  }
}

async function writeMails(session: Session, { mails, large }: Batch, into: string): Promise<void> {
  if (large) {
    for (const { id } of mails) {
      const raw = await session.stream(id);
      if (raw) await pipeline(raw, createWriteStream(join(into, fileName(id))));
    }
    return;
  }
  const writes: Promise<void>[] = [];
  for await (const { id, raw } of session.fetch(mails.map(({ id }) => id))) {
    writes.push(writeFile(join(into, fileName(id)), raw));
  }
  await Promise.all(writes);
}

/** Ids of Graph and of POP3 may hold any character. */
function fileName(id: string): string {
  return Buffer.from(id).toString('base64url').slice(-200);
}
