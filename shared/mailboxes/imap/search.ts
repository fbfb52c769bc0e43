// Searching the selected folder, with errors where imapflow gives an answer that is none.
import type { ImapFlow, SearchObject } from 'imapflow';
import { sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import { refusedCommand } from './errors.ts';

/**
 * The UIDs of the mails that match, ascending.
 * @throws MaloteError `connection_lost`, `protocol_violation` when the server refuses
 */
export async function searchUids(client: ImapFlow, query: SearchObject): Promise<string[]> {
  const uids = await client.search(query, { uid: true });
  if (uids) return uids.map(String);
  throw refusedCommand(client, 'protocol_violation', {
    message: 'The server refused to search the folder.',
    cure: 'Look at the log of the mail server at this time.',
  });
}

/** Those of `ids` that the selected folder still lists. */
export async function presentOf(client: ImapFlow, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const asked = new Set(ids);
  return (await searchUids(client, { uid: sequenceSet(ids) })).filter(id => asked.has(id));
}
