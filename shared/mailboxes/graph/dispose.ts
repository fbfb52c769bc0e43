// Moving and deleting in a mailbox of Microsoft 365: only what is still in the folder that is read, one request each.
// https://learn.microsoft.com/graph/api/message-move
import type { GraphMailbox } from '../../domain/service/service.ts';
import { MaloteError, traitsOf } from '../../errors.ts';
import { mapConcurrently } from '../concurrency.ts';
import type { GraphClient } from './client.ts';
import { GraphRefusal, graphError, isNotFound, toGraphError } from './errors.ts';
import { listMessages } from './messages.ts';
import { MOST_AT_ONCE } from './transport.ts';

/** A mail that was listed. */
export type ListedMessage = { immutableId: string; receivedAt: Date; sizeBytes: number };

/** From where to where, by ids of folders. */
export type Route = { sourceId: string; destinationId: string };

const SECOND_MS = 1000;

/** So many failures may be of single mails, for which the others do not wait; with more it is not the mails. */
const BEARABLE_FAILURES = 3;

/**
 * Moves mails that are where they were listed; those that somebody moved stay where they are now, and the next list will
 * tell that they have left.
 * @returns ids of what was moved; what was not although it is there fails for itself the next time
 * @throws MaloteError, or GraphRefusal, when none could be moved: `destination_missing`, `disposal_refused`
 */
export async function disposeGraph(
  client: GraphClient,
  mailbox: GraphMailbox,
  mails: ReadonlyMap<string, ListedMessage>,
  { sourceId, destinationId }: Route,
): Promise<string[]> {
  const present = await presentIn(client, sourceId, [...mails.values()]);
  const stillThere = [...mails].filter(([, { immutableId }]) => present.has(immutableId));
  const moved: string[] = [];
  const failures: unknown[] = [];
  const moves = mapConcurrently(stillThere, MOST_AT_ONCE, async ([id, { immutableId }]) => {
    try {
      if (await moveMail(client, mailbox, immutableId, destinationId)) moved.push(id);
    } catch (error) {
      failures.push(error);
      const { code } = toGraphError(error, mailbox);
      const isOfOneMail = code === 'disposal_refused' || traitsOf(code).mailSuspected;
      if (!isOfOneMail || failures.length > BEARABLE_FAILURES) throw error;
    }
  });
  try {
    for await (const _ of moves);
  } catch (error) {
    // What was moved is told; the next attempt meets the same reason.
    if (moved.length === 0) throw error;
  }
  if (moved.length === 0 && failures.length > 0) throw failures[0];
  return moved;
}

/** Which mails of that time the folder has: one list, not a question for each. Graph tells times without their fraction of a second. */
async function presentIn(
  client: GraphClient,
  folderId: string,
  mails: ListedMessage[],
): Promise<Set<string>> {
  const times = mails.map(({ receivedAt }) => receivedAt.getTime());
  const range = { from: new Date(Math.min(...times)), to: new Date(Math.max(...times) + SECOND_MS) };
  const present = new Set<string>();
  for await (const { items } of listMessages(client, folderId, range)) {
    for (const { id } of items) present.add(id);
  }
  return present;
}

/** @returns false when the mail is gone */
async function moveMail(
  client: GraphClient,
  mailbox: GraphMailbox,
  immutableId: string,
  destinationId: string,
): Promise<boolean> {
  try {
    await client.post(`messages/${encodeURIComponent(immutableId)}/move`, { destinationId });
    return true;
  } catch (error) {
    if (!(error instanceof GraphRefusal)) throw error;
    if (error.code === 'ErrorToFolderNotFound' || error.code === 'ErrorFolderNotFound') {
      throw new MaloteError('destination_missing', 'The folder that mail is moved to went away.', {
        cause: error,
        cure: 'Create the folder again, or correct mailbox.afterRead.folder. Mail goes on being taken in and is moved then.',
      });
    }
    if (isNotFound(error)) return false;
    throw isRefusedMove(error) ? graphError('disposal_refused', mailbox.auth, error) : error;
  }
}

/** No permission, or no room (507 `ErrorQuotaExceeded`). */
function isRefusedMove({ status, code }: GraphRefusal): boolean {
  return status === 403 || code === 'ErrorQuotaExceeded';
}
