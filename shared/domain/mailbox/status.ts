// How a mailbox is doing, as an administrator sees it.

import type { MailboxTrouble } from '../backoff.ts';
import { imapFolder } from '../mail/key.ts';
import type { MailState } from '../mail/ledger-record.ts';
import type { OAuth, Service } from '../service/service.ts';
import { type Warning, warningsOf } from '../service/warnings.ts';
import type { Mailbox } from './mailbox.ts';
import { sequenceCount } from './sequence-set.ts';

type Trouble = Omit<MailboxTrouble, 'retryAt'>;

/** Instants are RFC 3339 in UTC; null where there is nothing to say. */
export type MailboxStatus = {
  state: 'inactive' | 'new' | 'healthy' | 'failing';
  /** When a fetch last did or found something. A mailbox without news says so every quarter of an hour. */
  lastFetchAt: string | null;
  lastSuccessAt: string | null;
  /** Why the mailbox cannot be read. */
  lastError: Trouble | null;
  /** Why mail cannot be moved or deleted; it is taken in all the same. */
  disposalError: Trouble | null;
  /** Why it sends no invitations; mail is taken in all the same. */
  sending: Trouble | null;
  /** Of a mailbox that is logged in to with tokens. */
  connection: Connection | null;
  /** What should be mended before it becomes trouble. */
  warnings: Warning[];
  /** Not before then, unless asked for or the service is changed. */
  nextAttemptAt: string | null;
  /** Whether a worker is at it now. */
  fetching: boolean;
  counts: Record<MailState, number> & {
    /** Found at the last fetch and still to be taken in. */
    waiting: number;
    /** Taken in, and still in the folder. */
    undisposed: number;
  };
  /** Since when the oldest mail waits for a supervisor. */
  oldestHeldAt: string | null;
};

/** How a mailbox comes to its tokens. */
export type Connection = {
  flow: OAuth['flow'];
  /** The account that consented, and when; null until then, and for an app that reads by itself. */
  connectedAs: string | null;
  connectedAt: string | null;
};

/** What the status is made of; `mailbox` undefined before the first fetch. */
type Known = {
  sendingTrouble: MailboxTrouble | null;
  mailbox: Mailbox | undefined;
  connection: Connection | null;
  counted: Record<MailState, number>;
  oldestHeldAt: string | null;
};

/** The status from what is remembered and what the ledger counts. Of a long `takenIn` it needs the count alone. */
export function mailboxStatus(
  service: Service,
  { mailbox, connection, counted, oldestHeldAt, sendingTrouble }: Known,
  now: Date,
): MailboxStatus {
  const { trouble = null, disposalTrouble = null } = mailbox ?? {};
  const lease = mailbox?.lease;
  return {
    state: !service.active
      ? 'inactive'
      : trouble || disposalTrouble
        ? 'failing'
        : mailbox?.lastFetchAt
          ? 'healthy'
          : 'new',
    lastFetchAt: mailbox?.lastFetchAt ?? null,
    lastSuccessAt: mailbox?.lastSuccessAt ?? null,
    lastError: shown(trouble),
    disposalError: shown(disposalTrouble),
    sending: shown(sendingTrouble),
    connection,
    warnings: [...warningsOf(service, now), ...warningsOfFolder(service, mailbox)],
    nextAttemptAt: trouble?.retryAt ?? disposalTrouble?.retryAt ?? null,
    fetching: lease !== null && lease !== undefined && now.toISOString() < lease.expiresAt,
    counts: {
      ...counted,
      waiting: mailbox?.waiting ?? 0,
      undisposed: mailbox?.takenInBlob?.count ?? sequenceCount(mailbox?.takenIn ?? ''),
    },
    oldestHeldAt,
  };
}

/** RFC 9051 2.3.1.1 wants UIDVALIDITY to stay as long as UIDs do. */
function warningsOfFolder({ mailbox }: Service, known: Mailbox | undefined): Warning[] {
  const isUnstable = mailbox.protocol === 'imap' && known?.unstableFolder === imapFolder(mailbox);
  if (!isUnstable) return [];
  const message =
    'The server gives this folder another UIDVALIDITY at every session, so that its mails are told apart by what they are, which takes longer: ask whoever runs the server to mend its index, or use POP3 or another folder.';
  return [{ field: 'mailbox.folder', message }];
}

function shown(trouble: MailboxTrouble | null): Trouble | null {
  if (!trouble) return null;
  const { retryAt: _, ...rest } = trouble;
  return rest;
}
