// The one seam between intake and the mail servers: what a session of any protocol can do with a mailbox.
import type { Readable } from 'node:stream';
import type { MailLimits } from '../domain/service/mailbox-schema.ts';
import type { AfterRead, MailboxSettings } from '../domain/service/service.ts';

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

/** What became of mails: `disposed` have left the folder by us; `marked` are deleted to every client, but still there. */
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
  /** The most that one `dispose` is to be given, where every mail takes a request: the fence stands between two of them. */
  readonly mostDisposed?: number;
  /** Only of readers that lock the mailbox. */
  maildrop?: Maildrop;
  close: () => Promise<void>;
};

/**
 * What a session is besides where it is a transaction on a locked mailbox (POP3). `dispose` then only marks, and `close`
 * without `commit` leaves the mailbox as it was. What was fetched may be hidden from every later session once this one
 * was committed (Gmail), so by then it must be safe with us.
 */
export type Maildrop = {
  /** Mails left for another session: more were new than one can look at. */
  readonly unlisted: number;
  /** These are still listed although they were deleted: the server keeps a copy. They are not listed again. */
  leaveAlone: (ids: string[]) => void;
  /**
   * Deletes what was marked, and ends the session. @returns the ids of what was deleted
   * @throws MaloteError when this is in doubt; `disposal_refused` when the server said no
   */
  commit: () => Promise<string[]>;
  /** What the next session is to be given as `remembered`; undefined when it is what this one was given. */
  toRemember: () => string | undefined;
};

/** How to log in. */
export type Credential =
  | { type: 'password'; password: string }
  | {
      type: 'token';
      /**
       * An access token that will be good for some minutes. `renew` asks for another although the last one is not over:
       * the server did not take it.
       * @throws MaloteError `consent_required`, `app_refused`, `login_unavailable`
       */
      token: (options?: { renew: boolean }) => Promise<string>;
    };

/** Where to connect and how to log in. `remembered`: what the last session on a maildrop wanted remembered. */
export type Target<Settings extends MailboxSettings = MailboxSettings> = {
  mailbox: Settings;
  credential: Credential;
  remembered?: string | undefined;
  clock: () => Date;
};

/** What the deployment allows (shared/config.ts `mail`), and where Microsoft Graph is. */
export type Allowances = MailLimits & { graphUrl: string };
