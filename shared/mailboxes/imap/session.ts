// Reading a mailbox over IMAP (RFC 9051, and RFC 3501 servers): list, fetch without marking as seen, dispose.
import type { ImapFlow } from 'imapflow';
import { formerGeneration, imapFolder, imapGeneration, unstableGeneration } from '../../domain/mail/key.ts';
import type { ServerMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import { vetConnection } from '../guard.ts';
import { excusingTheServer } from '../kept-waiting.ts';
import { openWith, type Proof } from '../proof.ts';
import { type Validity, validityOf } from '../server-certificate.ts';
import type { Allowances, Session, Target } from '../session.ts';
import { createImapClient } from './client.ts';
import { disposeImap } from './dispose.ts';
import { toImapError } from './errors.ts';
import { fetchRaw, streamRaw } from './fetch.ts';
import { openFolder } from './folders.ts';
import { describeMails, listUids, readEnvelope } from './list.ts';
import { byPrint, byUid, notesByUid, resultById } from './names.ts';
import { observedTransport } from './transport.ts';

/** Connects, logs in and selects the folder. @throws MaloteError with a mailbox's code */
export async function openImap(
  target: Target<ServerMailbox>,
  allowances: Allowances,
  signal: AbortSignal,
): Promise<Session> {
  const address = await vetConnection(target.mailbox, allowances);
  return openWith(target.credential, proof => openSession(target, proof, address, signal));
}

async function openSession(
  { mailbox, unstableFolder, clock }: Target<ServerMailbox>,
  proof: Proof,
  address: string,
  signal: AbortSignal,
): Promise<Session> {
  let certificate: Validity | undefined;
  const transport = observedTransport({
    onSecured: socket => {
      certificate = validityOf(socket);
    },
  });
  const client = createImapClient(mailbox, proof, address, { transport });
  // The cause of a broken connection comes only here; the pending command rejects with "NoConnection".
  let cause: Error | undefined;
  client.on('error', (error: Error) => {
    cause = error;
  });
  const ask = excusingTheServer(clock);
  const attempt = <T>(run: () => Promise<T>): Promise<T> =>
    ask(async () => {
      try {
        signal.throwIfAborted();
        return await run();
      } catch (error) {
        if (!signal.aborted) throw toImapError(error, { cause, proof });
        if (signal.reason instanceof MaloteError) throw signal.reason;
        throw toImapError(Object.assign(new Error('Deadline', { cause: error }), { code: 'ETIMEOUT' }));
      }
    });
  const abandon = () => client.close();
  signal.addEventListener('abort', abandon, { once: true });
  const close = async () => {
    signal.removeEventListener('abort', abandon);
    await client.logout().catch(() => client.close());
  };

  try {
    await attempt(() => client.connect());
    await attempt(() => openFolder(client, mailbox.folder));
    await attempt(() => keepAlive(client));
  } catch (error) {
    signal.removeEventListener('abort', abandon);
    client.close();
    throw error;
  }
  const isUnstable = unstableFolder === imapFolder(mailbox);
  const names = isUnstable ? byPrint() : byUid;
  const generation = isUnstable
    ? unstableGeneration(mailbox)
    : imapGeneration(mailbox, selected(client).uidValidity);
  return {
    certificate,
    generation,
    formerly: formerGeneration(mailbox, generation),
    list: readFrom => attempt(async () => names.learn(client, await listUids(client, readFrom))),
    describe: ids =>
      attempt(async () => {
        const described = await describeMails(client, names.uidsOf(ids), clock());
        return described.flatMap(mail => names.idsOf([mail.id]).map(id => ({ ...mail, id })));
      }),
    async *fetch(ids) {
      for await (const mail of fetchRaw(client, names.uidsOf(ids), attempt)) {
        for (const id of names.idsOf([mail.id])) yield { ...mail, id };
      }
    },
    stream: id =>
      attempt(async () => {
        const [uid] = names.uidsOf([id]);
        return uid === undefined ? undefined : streamRaw(client, uid, attempt);
      }),
    envelope: id =>
      attempt(async () => {
        const [uid] = names.uidsOf([id]);
        return uid === undefined ? undefined : readEnvelope(client, uid);
      }),
    dispose: (ids, afterRead, notes) =>
      attempt(async () => {
        const uids = names.uidsOf(ids);
        return resultById(await disposeImap(client, uids, afterRead, notesByUid(notes, names)), names);
      }),
    close,
  };
}

/** While a lock is held, imapflow asks NOOP of a server that is quiet because we are, instead of giving it up. */
async function keepAlive(client: ImapFlow): Promise<void> {
  const { path, readOnly = false } = selected(client);
  await client.getMailboxLock(path, { readOnly });
}

function selected(client: ImapFlow) {
  if (!client.mailbox) throw new MaloteError('connection_lost', 'The connection to the server broke.');
  return client.mailbox;
}
