// The mails of a maildrop as a POP3 session sees them: numbered by the server, known to us by ids that last.
import { pop3Id } from '../../domain/mail/key.ts';
import { MaloteError } from '../../errors.ts';
import { saidBy } from '../connection-errors.ts';
import { receivedAt } from '../header-block.ts';
import type { Withheld } from '../session.ts';
import type { Pop3Client } from './client.ts';
import { isRefusal, type Pop3Error, toPop3Error } from './errors.ts';
import { headerDigest } from './headers.ts';
import { type Pop3Memory, placeOf } from './memory.ts';
import { isNotice } from './notice.ts';
import { inOrder, widthOf } from './pipeline.ts';

/** Headers asked for in one session: a maildrop full of old mails is gone through in several. */
const HEADERS_AT_ONCE = 2_000;
/** A mail over whose headers alone the connection broke so often is not asked for any more. */
const BREAKS_BEFORE_WITHHELD = 3;

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
  /** Why the server does not give its headers, or gives others in their place: nothing is done to such a mail. */
  withheld?: Withheld;
};

/** Every mail there is, in the order of the server. Two commands. */
export async function listEntries(client: Pop3Client, memory: Pop3Memory): Promise<Entry[]> {
  const sizes = await client.list();
  const uidls = await client.uidl(memory.isUsed);
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

/**
 * Finds out which mails these are, asking for the headers of those that are not remembered. Of a mail whose headers are not
 * given nobody knows who it is: it has an id that holds as long as that is so.
 * @throws what ends the connection; then those that may be the reason are remembered, and come alone and last the next time
 */
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
  const placed = unknown
    .filter(({ place }) => place !== undefined)
    .toSorted((a, b) => breaks(memory, a) - breaks(memory, b));
  const asked = [...unplaced, ...placed.slice(0, HEADERS_AT_ONCE)];
  const read: IdentifiedEntry[] = [];
  // Whether the server knows TOP at all, which is optional (RFC 1939 7), though CAPA may not say so.
  let hasTop = client.capabilities.has('TOP') || memory.isUsed;
  const withheld: IdentifiedEntry[] = [];
  for await (const mail of readAll(client, asked, memory, now)) {
    if (mail.withheld === undefined) {
      hasTop = true;
      if (mail.place !== undefined) remember(memory, mail, readFrom);
      if (mail.receivedAt >= readFrom) read.push(mail);
    } else withheld.push(mail);
  }
  // One mail that the server cannot open must not keep the others from being read.
  if (!hasTop && withheld.length > 0) throw withoutHeaders();
  for (const { place } of withheld)
    if (place !== undefined) memory.noteSuspect(place, memory.breaks(place) ?? 0);
  read.push(...withheld);
  const identified = [...remembered, ...read].toSorted((a, b) => a.number - b.number);
  return { identified: distinct(identified), unlisted: unknown.length - asked.length };
}

/** Asks for headers, many at once, of suspects one by one in the end. */
async function* readAll(
  client: Pop3Client,
  asked: Entry[],
  memory: Pop3Memory,
  now: Date,
): AsyncGenerator<IdentifiedEntry> {
  const [plain, suspects] = [
    asked.filter(entry => breaks(memory, entry) < 0),
    asked.filter(entry => breaks(memory, entry) >= 0),
  ];
  let answered = 0;
  try {
    for await (const mail of inOrder(client, plain, entry => readHeaders(client, entry, now))) {
      answered += 1;
      yield mail;
    }
  } catch (error) {
    const inFlight = plain.slice(answered, answered + widthOf(client));
    if (isBreak(error))
      for (const { place } of inFlight) if (place !== undefined) memory.noteSuspect(place, 0);
    throw error;
  }
  for (const entry of suspects) {
    const before = breaks(memory, entry);
    try {
      yield before < BREAKS_BEFORE_WITHHELD
        ? await readHeaders(client, entry, now)
        : withheldEntry(entry, now, {
            reason: 'The connection breaks whenever its headers are asked for.',
            isFinal: true,
          });
    } catch (error) {
      if (isBreak(error) && entry.place !== undefined) memory.noteSuspect(entry.place, before + 1);
      throw error;
    }
  }
}

/** How often the connection broke over a mail alone; -1 when it is not suspect. */
function breaks(memory: Pop3Memory, { place }: Entry): number {
  return (place === undefined ? undefined : memory.breaks(place)) ?? -1;
}

/** Whether it is the connection that broke, rather than our own deadline. */
function isBreak(error: unknown): boolean {
  return !(error instanceof MaloteError) && (error as Error).name !== 'TimeoutError';
}

function remember(memory: Pop3Memory, mail: IdentifiedEntry, readFrom: Date): void {
  const { place = '', id, receivedAt } = mail;
  if (receivedAt < readFrom) memory.noteOlder(place, receivedAt);
  else memory.noteKnown(place, id, receivedAt);
}

function withoutHeaders(): MaloteError {
  return new MaloteError('protocol_violation', 'The server does not give the headers of mails (TOP).', {
    cure: 'Mails cannot be told apart without: use IMAP, or another server.',
  });
}

/** Reads the headers of a mail. One without a date came at `now`. */
export async function readHeaders(client: Pop3Client, entry: Entry, now: Date): Promise<IdentifiedEntry> {
  let block: Buffer;
  try {
    block = await client.top(entry.number);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // What is down for the moment is no matter of one mail.
    const trouble = toPop3Error(error);
    if (trouble.code === 'mailbox_unavailable') throw trouble;
    const reason = `The server does not give its headers.${saidBy((error as Pop3Error).said)}`;
    return withheldEntry(entry, now, { reason, isFinal: false });
  }
  if (isNotice(block)) {
    const reason = 'The server gives a notice in its place: "Cannot display Unicode content".';
    return withheldEntry(entry, now, { reason, isFinal: true });
  }
  const { uidl, sizeBytes } = entry;
  const id = pop3Id(uidl, sizeBytes, headerDigest(block));
  return { ...entry, id, receivedAt: receivedAt(block, wholeSecond(now)), isRead: true };
}

function withheldEntry(entry: Entry, now: Date, withheld: Withheld): IdentifiedEntry {
  const id = pop3Id(entry.uidl, entry.sizeBytes, 'withheld');
  return { ...entry, id, receivedAt: wholeSecond(now), isRead: false, withheld };
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
