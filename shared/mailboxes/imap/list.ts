// Which mails an IMAP folder has, and their dates and sizes: asked in bulk, without their bodies.
import type { ImapFlow } from 'imapflow';
import { sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import { receivedAt } from '../header-block.ts';
import type { Envelope, Listed } from '../session.ts';
import { isRefusedCommand } from './errors.ts';
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

/**
 * Dates and sizes of mails in the selected folder, in the order of their UIDs. A mail whose INTERNALDATE the server does not
 * tell came when its header says, else now, rather than never.
 */
export async function describeMails(client: ImapFlow, ids: string[], now: Date): Promise<Listed[]> {
  const asked = new Set(ids);
  const listed: Listed[] = [];
  const undated = new Set<Listed>();
  const query = { uid: true, internalDate: true, size: true };
  for await (const { uid, internalDate, size } of client.fetch(sequenceSet(ids), query, BY_UID)) {
    const id = String(uid);
    // Flags that somebody else is changing come in between (RFC 9051 7.5.2): of any mail, and often without its UID.
    if (size === undefined || !asked.has(id)) continue;
    // imapflow gives a date that cannot be read as text, and the epoch for NIL.
    const told = internalDate instanceof Date && internalDate.getTime() > 0 ? internalDate : undefined;
    const mail = { id, receivedAt: told ?? now, sizeBytes: size };
    listed.push(mail);
    if (!told) undated.add(mail);
  }
  if (undated.size > 0) {
    const dates = await datesInHeaders(
      client,
      [...undated].map(({ id }) => id),
      now,
    );
    for (const mail of undated) mail.receivedAt = dates.get(mail.id) ?? now;
  }
  return listed.sort((a, b) => Number(a.id) - Number(b.id));
}

/** What headers say of when mails came. A server that refuses to give them says nothing. */
async function datesInHeaders(client: ImapFlow, ids: string[], now: Date): Promise<Map<string, Date>> {
  const dates = new Map<string, Date>();
  const query = { uid: true, headers: ['RECEIVED', 'DATE'] };
  try {
    for await (const { uid, headers } of client.fetch(sequenceSet(ids), query, BY_UID)) {
      if (headers) dates.set(String(uid), receivedAt(headers, now));
    }
  } catch (error) {
    if (!isRefusedCommand(error)) throw error;
  }
  return dates;
}

/** The ENVELOPE of one mail; undefined when it is gone, or the server refuses. */
export async function readEnvelope(client: ImapFlow, id: string): Promise<Envelope | undefined> {
  const { envelope } = (await client.fetchOne(id, { uid: true, envelope: true }, BY_UID)) || {};
  if (!envelope) return undefined;
  const { from: [author] = [], subject = '' } = envelope;
  return { from: author?.address ?? '', subject };
}
