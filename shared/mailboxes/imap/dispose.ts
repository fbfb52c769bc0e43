// Moving and deleting over IMAP, so that no mail is lost, copied twice, or expunged for somebody else.
import type { ImapFlow } from 'imapflow';
import { sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import type { AfterRead } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { DisposalNotes, DisposalResult } from '../session.ts';
import { findCopied } from './copies.ts';
import { copyOnce } from './copy.ts';
import { refusedCommand } from './errors.ts';
import { findFolder } from './folders.ts';
import { presentOf, searchUids } from './search.ts';

const BY_UID = { uid: true };

/** The destination that each connection has seen: whoever refuses to move to it is asked again. */
const seenDestination = new WeakMap<ImapFlow, string>();

/**
 * Disposes of mails in bulk. What counts as done is what the folder no longer lists afterwards: servers without UIDPLUS
 * do not say, and a mail that vanished meanwhile needs nothing. What had to be copied is removed only when its copy is
 * proven.
 */
export async function disposeImap(
  client: ImapFlow,
  ids: string[],
  afterRead: AfterRead,
  notes: DisposalNotes,
): Promise<DisposalResult> {
  if (afterRead.action === 'delete') return remove(client, ids, notes);
  const { folder } = afterRead;
  await requireDestination(client, folder);
  // What was copied before is not to be in the destination twice.
  const isUntouched = (id: string) => notes.copyState(id) === undefined;
  const movable = client.capabilities.has('MOVE') ? ids.filter(isUntouched) : [];
  const moved = movable.length > 0 ? await move(client, movable, folder, notes) : undefined;
  if (moved && movable.length === ids.length) return moved;

  const others = ids.filter(id => !movable.includes(id));
  const kept = await copyOnce(client, others, folder, notes);
  const isKept = new Set(kept?.ids);
  const proven = others.filter(id => !isKept.has(id));
  const removed =
    proven.length > 0 ? await remove(client, proven, notes) : { disposed: [], marked: notes.marked };
  const refusal = kept?.refusal ?? moved?.kept?.refusal;
  return {
    ...moved,
    ...removed,
    disposed: [...(moved?.disposed ?? []), ...removed.disposed],
    ...(refusal ? { kept: { ids: [...(moved?.kept?.ids ?? []), ...isKept], refusal } } : {}),
  };
}

async function requireDestination(client: ImapFlow, folder: string): Promise<void> {
  // Who copies is not asked again when a copy is refused.
  if (seenDestination.get(client) === folder && client.capabilities.has('MOVE')) return;
  if (await findFolder(client, folder)) {
    seenDestination.set(client, folder);
    return;
  }
  throw new MaloteError('destination_missing', `The mailbox has no folder "${folder}" to move mail to.`, {
    cure: 'Create the folder at the server, or correct mailbox.afterRead.folder. Mail goes on being taken in and is moved then.',
  });
}

/**
 * RFC 6851: one command, and the server cannot leave a mail in both folders. One that does all the same must not be asked
 * to move it again and again: what is still listed, and is in the destination too, is only removed from then on.
 */
async function move(
  client: ImapFlow,
  ids: string[],
  folder: string,
  notes: DisposalNotes,
): Promise<DisposalResult> {
  const moved = await client.messageMove(sequenceSet(ids), folder, BY_UID);
  const refusal = moved ? undefined : refusedToMove(client, folder);
  if (refusal?.code === 'connection_lost') throw refusal;
  if (refusal) {
    seenDestination.delete(client);
    await requireDestination(client, folder);
  }
  const still = await presentOf(client, ids);
  const isStill = new Set(still);
  const disposed = ids.filter(id => !isStill.has(id));
  if (!moved) {
    if (disposed.length === 0) throw refusal;
    return { disposed, marked: notes.marked };
  }
  const named = moved.uidMap && new Set([...moved.uidMap.keys()].map(String));
  const unaccounted = named ? disposed.filter(id => !named.has(id)) : [];
  if (still.length > 0) {
    const copied = new Set(still.filter(id => named?.has(id)));
    const unnamed = still.filter(id => !copied.has(id));
    if (unnamed.length > 0) for (const id of await findCopied(client, unnamed, folder)) copied.add(id);
    if (copied.size > 0) await notes.noteCopies({ copied: [...copied] });
  }
  return {
    disposed: named ? disposed.filter(id => named.has(id)) : disposed,
    marked: notes.marked,
    ...(unaccounted.length > 0 ? { unaccounted } : {}),
    ...(still.length > 0 ? { kept: { ids: still, refusal: stillThere(still.length) } } : {}),
  };
}

/** Removes mails from the folder for good. */
function remove(client: ImapFlow, ids: string[], notes: DisposalNotes): Promise<DisposalResult> {
  return client.capabilities.has('UIDPLUS')
    ? expungeOnly(client, ids, notes)
    : expungeIfAlone(client, ids, notes);
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
  if (!(await client.messageFlagsAdd(sequenceSet(ids), ['\\Deleted'], BY_UID))) throw refusedToDelete(client);
  const ours = new Set([...ids, ...notes.marked]);
  const marked = await searchUids(client, { deleted: true });
  if (marked.some(id => !ours.has(id))) {
    return { disposed: ids, marked: marked.filter(id => ours.has(id)) };
  }
  if (marked.length > 0) await client.messageDelete(sequenceSet(marked), BY_UID);
  return { disposed: await absent(client, ids), marked: await presentOf(client, notes.marked) };
}

/** Those of `ids` that the folder no longer lists; none at all means that the server refused. */
async function absent(client: ImapFlow, ids: string[]): Promise<string[]> {
  const present = new Set(await presentOf(client, ids));
  const gone = ids.filter(id => !present.has(id));
  if (gone.length === 0 && ids.length > 0) throw refusedToDelete(client);
  return gone;
}

function refusedToDelete(client: ImapFlow): MaloteError {
  return refusedCommand(client, 'disposal_refused', {
    message: 'The server did not remove the mail from the folder.',
    cure: 'Check that the login may delete mail in this folder.',
  });
}

function refusedToMove(client: ImapFlow, folder: string): MaloteError {
  return refusedCommand(client, 'disposal_refused', {
    message: `The server refused to move mail to "${folder}".`,
    cure: 'Check the rights of the login on both folders, and the quota of the mailbox.',
  });
}

function stillThere(mails: number): MaloteError {
  const what = mails === 1 ? '1 mail' : `${mails} mails`;
  return new MaloteError('disposal_refused', `The server says that it moved ${what} that it still lists.`, {
    cure: 'Nothing is lost: the mail was taken in. Look at the log of the mail server at this time.',
  });
}
