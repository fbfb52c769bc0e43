// Searching the selected folder, with errors where imapflow gives an answer that is none.
import type { ImapFlow, SearchObject } from 'imapflow';
import { MaloteError } from '../../errors.ts';
import { toImapError } from './errors.ts';

/**
 * The UIDs of the mails that match, ascending.
 * @throws MaloteError `connection_lost`, `protocol_violation` when the server refuses
 */
export async function searchUids(client: ImapFlow, query: SearchObject): Promise<string[]> {
  const uids = await client.search(query, { uid: true });
  if (uids) return uids.map(String);
  // False is a refusal, but also all there is to hear when the connection went with the command before.
  if (!client.usable) throw toImapError(Object.assign(new Error('No connection'), { code: 'NoConnection' }));
  throw new MaloteError('protocol_violation', 'The server refused to search the folder.', {
    cure: 'Look at the log of the mail server at this time.',
  });
}
