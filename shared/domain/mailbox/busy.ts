// A maildrop that another client has locked: no trouble once, and one when nobody else ever comes to it.
import type { MailboxTrouble } from '../backoff.ts';
import type { Mailbox } from './mailbox.ts';

/** Whichever comes first. */
const TIMES = 5;
const WITHIN_MS = 10 * 60_000;

/**
 * The mailbox after it was found locked once more. After some times that is its trouble, since the first of them, which does
 * not back off: whoever asks seldom finds it free even less often.
 */
export function stillBusy(
  mailbox: Mailbox,
  { message, cure }: Pick<MailboxTrouble, 'message' | 'cure'>,
  now: Date,
): Mailbox {
  const { since = now.toISOString(), times = 0 } = mailbox.busy ?? {};
  const busy = { since, times: times + 1 };
  const isTrouble = busy.times >= TIMES || now.getTime() - Date.parse(since) >= WITHIN_MS;
  if (!isTrouble) return { ...mailbox, busy };
  const trouble: MailboxTrouble = {
    code: 'mailbox_busy',
    message,
    cure,
    since,
    failures: busy.times,
    retryAt: now.toISOString(),
  };
  return { ...mailbox, busy, trouble };
}
