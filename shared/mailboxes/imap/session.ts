// Reading a mailbox over IMAP (RFC 9051, and RFC 3501 servers): list, fetch without marking as seen, dispose.
import type { ImapFlow } from 'imapflow';
import { imapGeneration } from '../../domain/mail/key.ts';
import type { ServerMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import { vetConnection } from '../guard.ts';
import { openWith, type Proof } from '../proof.ts';
import type { Allowances, Session, Target } from '../session.ts';
import { createImapClient } from './client.ts';
import { disposeImap } from './dispose.ts';
import { toImapError } from './errors.ts';
import { fetchRaw, streamRaw } from './fetch.ts';
import { openFolder } from './folders.ts';
import { describeMails, listUids } from './list.ts';

/** Connects, logs in and selects the folder. @throws MaloteError with a mailbox's code */
export async function openImap(
  { mailbox, credential, clock }: Target<ServerMailbox>,
  allowances: Allowances,
  signal: AbortSignal,
): Promise<Session> {
  const address = await vetConnection(mailbox, allowances);
  return openWith(credential, proof => openSession(mailbox, proof, address, clock, signal));
}

async function openSession(
  mailbox: ServerMailbox,
  proof: Proof,
  address: string,
  clock: () => Date,
  signal: AbortSignal,
): Promise<Session> {
  const client = createImapClient(mailbox, proof, address);
  // The cause of a broken connection comes only here; the pending command rejects with "NoConnection".
  let cause: Error | undefined;
  client.on('error', (error: Error) => {
    cause = error;
  });
  const attempt = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      signal.throwIfAborted();
      return await run();
    } catch (error) {
      if (!signal.aborted) throw toImapError(error, { cause, proof });
      if (signal.reason instanceof MaloteError) throw signal.reason;
      throw toImapError(Object.assign(new Error('Deadline', { cause: error }), { code: 'ETIMEOUT' }));
    }
  };
  const abandon = () => client.close();
  signal.addEventListener('abort', abandon, { once: true });
  const close = async () => {
    signal.removeEventListener('abort', abandon);
    await client.logout().catch(() => client.close());
  };

  try {
    await attempt(() => client.connect());
    await attempt(() => openFolder(client, mailbox.folder));
  } catch (error) {
    signal.removeEventListener('abort', abandon);
    client.close();
    throw error;
  }
  return {
    generation: imapGeneration(mailbox, selected(client).uidValidity),
    list: readFrom => attempt(() => listUids(client, readFrom)),
    describe: ids => attempt(() => describeMails(client, ids, clock())),
    fetch: ids => fetchRaw(client, ids, attempt),
    stream: id => attempt(() => streamRaw(client, id, attempt)),
    dispose: (ids, afterRead, notes) => attempt(() => disposeImap(client, ids, afterRead, notes)),
    close,
  };
}

function selected(client: ImapFlow) {
  if (!client.mailbox) throw new MaloteError('connection_lost', 'The connection to the server broke.');
  return client.mailbox;
}
