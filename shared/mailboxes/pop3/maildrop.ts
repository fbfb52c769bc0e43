// The mails of a maildrop as a POP3 session sees them: numbered by the server, known to us by ids that last.
import { pop3Id } from '../../domain/mail/key.ts';
import { MaloteError } from '../../errors.ts';
import type { Pop3Client } from './client.ts';
import { isRefusal } from './errors.ts';
import { headerDigest, receivedAt } from './headers.ts';
import { type Pop3Memory, placeOf } from './memory.ts';
import { inOrder } from './pipeline.ts';

/** Headers asked for in one session: a maildrop full of old mails is gone through in several. */
const HEADERS_AT_ONCE = 2_000;

/** A mail in this session. */
export type Entry = {
  number: number;
  sizeBytes: number;
  uidl: string | undefined;
  /** Where it is remembered; undefined where the server gave no UIDL, or the same to several mails. */
  place: string | undefined;
};

/** A mail whose identity is known. */
export type IdentifiedEntry = Entry & {
  id: string;
  receivedAt: Date;
  /** Its headers or all of it were read in this session: during it the server changes nothing (RFC 1939 8). */
  isRead: boolean;
};

/** Every mail there is, in the order of the server. Two commands. */
export async function listEntries(client: Pop3Client): Promise<Entry[]> {
  const sizes = await client.list();
  const uidls = await client.uidl();
  const times = new Map<string, number>();
  for (const uidl of uidls?.values() ?? []) times.set(uidl, (times.get(uidl) ?? 0) + 1);
  return [...sizes].map(([number, sizeBytes]) => {
    const uidl = uidls?.get(number) || undefined;
    const isOneOfMany = uidl === undefined || times.get(uidl) !== 1;
    return { number, sizeBytes, uidl, place: isOneOfMany ? undefined : placeOf(uidl, sizeBytes) };
  });
}

/** What a look at the entries gave: those on or after `readFrom`, and how many were left for another session. */
export type Looked = { identified: IdentifiedEntry[]; unlisted: number };

/** Finds out which mails these are, asking for the headers of those that are not remembered. */
export async function identifyEntries(
  client: Pop3Client,
  entries: Entry[],
  memory: Pop3Memory,
  { readFrom, now }: { readFrom: Date; now: Date },
): Promise<Looked> {
  const relevant = entries.filter(({ place }) => !place || !memory.isPassedOver(place, readFrom));
  const remembered: IdentifiedEntry[] = [];
  const unknown: Entry[] = [];
  for (const entry of relevant) {
    const known = entry.place === undefined ? undefined : memory.find(entry.place);
    if (!known) unknown.push(entry);
    else if (known.receivedAt >= readFrom) remembered.push({ ...entry, ...known, isRead: false });
  }
  // Those without a place would be asked for again and again, and nobody would ever come to the rest.
  const unplaced = unknown.filter(({ place }) => place === undefined);
  const placed = unknown.filter(({ place }) => place !== undefined);
  const asked = [...unplaced, ...placed.slice(0, HEADERS_AT_ONCE)];
  const read: IdentifiedEntry[] = [];
  let refused = 0;
  for await (const mail of inOrder(client, asked, entry => readHeaders(client, entry, now))) {
    if (!mail) {
      refused += 1;
      continue;
    }
    if (mail.place !== undefined) remember(memory, mail, readFrom);
    if (mail.receivedAt >= readFrom) read.push(mail);
  }
  // One mail that the server cannot open must not keep the others from being read; TOP is optional, though (RFC 1939 7).
  if (refused > 0 && refused === asked.length) throw withoutHeaders();
  const identified = [...remembered, ...read].toSorted((a, b) => a.number - b.number);
  return { identified: distinct(identified), unlisted: unknown.length - asked.length };
}

function remember(memory: Pop3Memory, { place = '', id, receivedAt }: IdentifiedEntry, readFrom: Date): void {
  if (receivedAt < readFrom) memory.noteOlder(place, receivedAt);
  else memory.noteKnown(place, id, receivedAt);
}

function withoutHeaders(): MaloteError {
  return new MaloteError('protocol_violation', 'The server does not give the headers of mails (TOP).', {
    cure: 'Mails cannot be told apart without: use IMAP, or another server.',
  });
}

/** Reads the headers of a mail; undefined when the server does not give them. One without a date came at `now`. */
export async function readHeaders(
  client: Pop3Client,
  entry: Entry,
  now: Date,
): Promise<IdentifiedEntry | undefined> {
  const block = await client.top(entry.number).catch(error => {
    if (isRefusal(error)) return undefined;
    throw error;
  });
  if (!block) return undefined;
  const { uidl, sizeBytes } = entry;
  const id = pop3Id(uidl, sizeBytes, headerDigest(block));
  return { ...entry, id, receivedAt: receivedAt(block, wholeSecond(now)), isRead: true };
}

/** Dates of headers have no more, and one that is remembered has no more either. */
function wholeSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

/**
 * Mails that nothing tells apart but their place in the row get a number beside it. The later ones come first: when they
 * are gone, the first is still the first.
 */
function distinct(mails: IdentifiedEntry[]): IdentifiedEntry[] {
  const times = new Map<string, number>();
  const again: IdentifiedEntry[] = [];
  const firsts: IdentifiedEntry[] = [];
  for (const mail of mails) {
    const time = (times.get(mail.id) ?? 0) + 1;
    times.set(mail.id, time);
    if (time === 1) firsts.push(mail);
    else again.unshift({ ...mail, id: `${mail.id}~${time}` });
  }
  return [...again, ...firsts];
}
