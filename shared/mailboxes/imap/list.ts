// Which mails an IMAP folder has, and their dates and sizes: asked in bulk, without their bodies.
import type { ImapFlow } from 'imapflow';
import { sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import type { Listed } from '../session.ts';
import { searchUids } from './search.ts';

const DAY_MS = 86_400_000;
const BY_UID = { uid: true };

/**
 * UIDs of the selected folder. SINCE compares days in the server's own zone (RFC 9051 6.4.4), so it is asked a day
 * earlier; the exact instant is compared with INTERNALDATE later. Mails marked \Deleted are somebody's waste.
 */
export async function listUids(client: ImapFlow, readFrom: Date): Promise<string[]> {
  const since = new Date(readFrom.getTime() - DAY_MS);
  return searchUids(client, { since, deleted: false });
}

/** Dates and sizes of mails in the selected folder, in the order of their UIDs. */
export async function describeMails(client: ImapFlow, ids: string[], now: Date): Promise<Listed[]> {
  const asked = new Set(ids);
  const listed: Listed[] = [];
  const query = { uid: true, internalDate: true, size: true };
  for await (const { uid, internalDate, size } of client.fetch(sequenceSet(ids), query, BY_UID)) {
    const id = String(uid);
    // Flags that somebody else is changing come in between (RFC 9051 7.5.2): of any mail, and often without its UID.
    if (size === undefined || !asked.has(id)) continue;
    listed.push({ id, receivedAt: dateOf(internalDate, now), sizeBytes: size });
  }
  return listed.sort((a, b) => Number(a.id) - Number(b.id));
}

/**
 * imapflow gives a date that cannot be read as text, and the epoch where there is none: such a mail is taken in as if it
 * came now, rather than never.
 */
function dateOf(internalDate: Date | string | undefined, now: Date): Date {
  return internalDate instanceof Date && internalDate.getTime() > 0 ? internalDate : now;
}
