// Moving and deleting over IMAP, so that no mail is lost, copied twice, or expunged for somebody else.
import type { ImapFlow } from 'imapflow';
import { sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import type { AfterRead } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { DisposalNotes, DisposalResult } from '../session.ts';
import { findFolder } from './folders.ts';
import { searchUids } from './search.ts';

const BY_UID = { uid: true };

/**
 * Disposes of mails in bulk. What counts as done is what the folder no longer lists afterwards: servers without UIDPLUS
 * do not say, and a mail that vanished meanwhile needs nothing.
 */
export async function disposeImap(
  client: ImapFlow,
  ids: string[],
  afterRead: AfterRead,
  notes: DisposalNotes,
): Promise<DisposalResult> {
  const has = (capability: string) => client.capabilities.has(capability);
  if (afterRead.action === 'move') {
    await requireDestination(client, afterRead.folder);
    if (has('MOVE')) {
      // RFC 6851: one command, and the server cannot leave the mail in both folders.
      await client.messageMove(sequenceSet(ids), afterRead.folder, BY_UID);
      return { disposed: await absent(client, ids), marked: notes.marked };
    }
    await copyOnce(client, ids, afterRead.folder, notes);
  }
  return has('UIDPLUS') ? await expungeOnly(client, ids, notes) : await expungeIfAlone(client, ids, notes);
}

async function requireDestination(client: ImapFlow, folder: string): Promise<void> {
  if (await findFolder(client, folder)) return;
  throw new MaloteError('destination_missing', `The mailbox has no folder "${folder}" to move mail to.`, {
    cure: 'Create the folder at the server, or correct mailbox.afterRead.folder. Mail goes on being taken in and is moved then.',
  });
}

/** Without MOVE a copy that is not noted would be made again by the next attempt. */
async function copyOnce(
  client: ImapFlow,
  ids: string[],
  folder: string,
  notes: DisposalNotes,
): Promise<void> {
  const missing = ids.filter(id => !notes.isCopied(id));
  const present = missing.length > 0 ? await presentOf(client, missing) : [];
  if (present.length === 0) return;
  // RFC 9051 6.4.7: COPY is all or nothing.
  if (!(await client.messageCopy(sequenceSet(present), folder, BY_UID))) {
    throw new MaloteError('disposal_refused', `The server refused to copy mail to "${folder}".`, {
      cure: 'Check the rights of the login on that folder, and the quota of the mailbox.',
    });
  }
  await notes.noteCopied(present);
}

/** UID EXPUNGE (RFC 4315) removes exactly these mails. */
async function expungeOnly(client: ImapFlow, ids: string[], notes: DisposalNotes): Promise<DisposalResult> {
  await client.messageDelete(sequenceSet([...ids, ...notes.marked]), BY_UID);
  return { disposed: await absent(client, ids), marked: await presentOf(client, notes.marked) };
}

/**
 * Plain EXPUNGE removes every mail marked \Deleted, also those that another client marked: it is sent only when all of
 * them are ours. Otherwise ours stay marked, which hides them from every client, until a later disposal. (A client that
 * marks a mail between our SEARCH and our EXPUNGE loses that race: such servers offer no better.)
 */
async function expungeIfAlone(
  client: ImapFlow,
  ids: string[],
  notes: DisposalNotes,
): Promise<DisposalResult> {
  await notes.noteMarked(ids);
  if (!(await client.messageFlagsAdd(sequenceSet(ids), ['\\Deleted'], BY_UID))) throw refusedToDelete();
  const ours = new Set([...ids, ...notes.marked]);
  const marked = await searchUids(client, { deleted: true });
  if (marked.some(id => !ours.has(id))) {
    return { disposed: ids, marked: marked.filter(id => ours.has(id)) };
  }
  if (marked.length > 0) await client.messageDelete(sequenceSet(marked), BY_UID);
  return { disposed: await absent(client, ids), marked: await presentOf(client, notes.marked) };
}

async function presentOf(client: ImapFlow, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const asked = new Set(ids);
  return (await searchUids(client, { uid: sequenceSet(ids) })).filter(id => asked.has(id));
}

/** Those of `ids` that the folder no longer lists; none at all means that the server refused. */
async function absent(client: ImapFlow, ids: string[]): Promise<string[]> {
  const present = new Set(await presentOf(client, ids));
  const gone = ids.filter(id => !present.has(id));
  if (gone.length === 0 && ids.length > 0) throw refusedToDelete();
  return gone;
}

function refusedToDelete(): MaloteError {
  return new MaloteError('disposal_refused', 'The server did not remove the mail from the folder.', {
    cure: 'Check that the login may delete mail in this folder.',
  });
}
