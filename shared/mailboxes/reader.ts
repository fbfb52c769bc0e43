// The one seam between intake and the mail servers: what a reader of any protocol can do with a mailbox.
import type { Readable } from 'node:stream';
import type { MailLimits } from '../domain/mailbox-schema.ts';
import type { AfterRead, MailboxSettings } from '../domain/service.ts';
import { openImap } from './imap.ts';

/** A mail as the server lists it, without its body. */
export type Listed = { id: string; receivedAt: Date; sizeBytes: number };

/** What is already known of the mails to be disposed of, and where to note more before the next irreversible step. */
export type DisposalNotes = {
  /** Whether the mail is in the destination already. */
  isCopied: (id: string) => boolean;
  /** Notes that these are in the destination now, before they are deleted here. */
  noteCopied: (ids: string[]) => Promise<void>;
  /** Mails marked deleted by us that could not be removed alone at the time. */
  marked: string[];
  /** Notes that these are about to be marked deleted: nobody could tell later whose marks they are. */
  noteMarked: (ids: string[]) => Promise<void>;
};

/** What became of mails: `disposed` have left the folder; `marked` are deleted to every client, but still there. */
export type DisposalResult = { disposed: string[]; marked: string[] };

/** One open connection to one mailbox. One call at a time. All failures are MaloteErrors with a mailbox's code. */
export type Session = {
  /** Names the folder as long as its ids mean the same mails. */
  readonly generation: string;
  /** Ids of the mails that may be on or after `readFrom` (day-granular is enough), oldest first. Marks nothing as seen. */
  list: (readFrom: Date) => Promise<string[]>;
  /** Dates and sizes, of those that are still there. */
  describe: (ids: string[]) => Promise<Listed[]>;
  /**
   * The bytes of mails. Marks nothing as seen. Left out are those that are gone, and those that turn out far longer than
   * the server told, which are to be streamed.
   */
  fetch: (ids: string[]) => AsyncIterable<{ id: string; raw: Buffer }>;
  /** The bytes of a large mail as they come; undefined when it is gone. */
  stream: (id: string) => Promise<Readable | undefined>;
  /**
   * Moves or deletes mails that are safe with us.
   * @throws MaloteError `destination_missing`, `disposal_refused`: the mails are where they were
   */
  dispose: (ids: string[], afterRead: AfterRead, notes: DisposalNotes) => Promise<DisposalResult>;
  close: () => Promise<void>;
};

/** Where to connect and how to log in. */
export type Target = { mailbox: MailboxSettings; password: string };

/** What the deployment allows (shared/config.ts `mail`). */
export type Allowances = MailLimits;

export type Reader = (target: Target, allowances: Allowances, signal: AbortSignal) => Promise<Session>;

/** A reader for every protocol. */
export const readers: Record<MailboxSettings['protocol'], Reader> = { imap: openImap };
