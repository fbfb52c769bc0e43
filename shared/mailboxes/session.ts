// The one seam between intake and the mail servers: what a session of any protocol can do with a mailbox.
import type { Readable } from 'node:stream';
import type { Copies, CopyState } from '../domain/mailbox/copies.ts';
import type { MailLimits } from '../domain/service/mailbox-schema.ts';
import type { AfterRead, MailboxSettings } from '../domain/service/service.ts';
import type { MaloteError } from '../errors.ts';
import type { Validity } from './server-certificate.ts';

/** A mail as the server lists it, without its body. */
export type Listed = { id: string; receivedAt: Date; sizeBytes: number; withheld?: Withheld };

/**
 * Why the server does not give a mail, or gives something else in its place: it can neither be downloaded nor disposed of.
 * `isFinal`: asking again does not help.
 */
export type Withheld = { reason: string; isFinal: boolean };

/** Who wrote a mail, their address, and what about, as people read it. */
export type Envelope = { from: string; subject: string };

/** What is already known of the mails to be disposed of, and where to note more before the next irreversible step. */
export type DisposalNotes = {
  copyState: (id: string) => CopyState | undefined;
  /** Notes new states. A mail must not be copied twice. */
  noteCopies: (copies: Copies) => Promise<void>;
  /** Mails marked deleted by us that could not be removed alone at the time. */
  marked: string[];
  /** Notes that these are about to be marked deleted: nobody could tell later whose marks they are. */
  noteMarked: (ids: string[]) => Promise<void>;
};

/** What became of mails: `disposed` have left the folder by us; `marked` are deleted to every client, but still there. */
export type DisposalResult = {
  disposed: string[];
  marked: string[];
  /** Have left the folder while they were moved, and the server does not say that they arrived anywhere. */
  unaccounted?: string[];
  /** Are where they were, because the server's word is in doubt, and why. */
  kept?: { ids: string[]; refusal: MaloteError };
};

/** One open connection to one mailbox. One call at a time. All failures are MaloteErrors with a mailbox's code. */
export type Session = {
  /** That of the server; undefined without TLS, and over Graph. */
  readonly certificate?: Validity | undefined;
  /** Names the folder as long as its ids mean the same mails. */
  readonly generation: string;
  /** What that was called before names had a port, where that makes a difference. */
  readonly formerly?: string | undefined;
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
  /** The envelope of one mail that could not be downloaded; undefined when the server does not tell. */
  envelope: (id: string) => Promise<Envelope | undefined>;
  /**
   * Moves or deletes mails that are safe with us.
   * @throws MaloteError `destination_missing`, `disposal_refused`: the mails are where they were
   */
  dispose: (ids: string[], afterRead: AfterRead, notes: DisposalNotes) => Promise<DisposalResult>;
  /** The most that one `dispose` is to be given, where every mail takes a request: the fence stands between two of them. */
  readonly mostDisposed?: number;
  /** Whether it may be asked for something else while it fetches: there is no connection that only one can use. */
  readonly concurrent?: true;
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

/** Where to connect and how to log in. */
export type Target<Settings extends MailboxSettings = MailboxSettings> = {
  mailbox: Settings;
  credential: Credential;
  /** What the last session on a maildrop wanted remembered. */
  remembered?: string | undefined;
  /** The folder (domain/mail/key.ts `imapFolder`) whose UIDs are known to mean nothing from one session to the next. */
  unstableFolder?: string | undefined;
  clock: () => Date;
};

/** What the deployment allows (shared/config.ts `mail`), and where Microsoft Graph is. */
export type Allowances = MailLimits & { graphUrl: string };
