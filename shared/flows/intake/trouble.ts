// The mailbox's record after a fetch that failed, and after one that went well.
import { nextTrouble } from '../../domain/backoff.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import type { MaloteError } from '../../errors.ts';

/** The mailbox after a fetch that failed. */
export function troubled(mailbox: Mailbox, error: MaloteError, now: Date): Mailbox {
  const { code, message, cure = '', retryAfterMs } = error;
  return { ...mailbox, trouble: nextTrouble(mailbox.trouble, { code, message, cure, retryAfterMs }, now) };
}

/** The mailbox after a fetch that went well. With nothing left to be moved or deleted, that is no trouble any more either. */
export function healthy(mailbox: Mailbox, now: Date): Mailbox {
  const disposalTrouble = mailbox.takenIn === '' ? null : mailbox.disposalTrouble;
  return { ...mailbox, trouble: null, disposalTrouble, lastSuccessAt: now.toISOString() };
}
