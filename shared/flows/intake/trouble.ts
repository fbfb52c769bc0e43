// The mailbox's record after a fetch that failed, and after one that went well.
import { nextTrouble } from '../../domain/backoff.ts';
import type { Mailbox } from '../../domain/mailbox/mailbox.ts';
import type { MaloteError } from '../../errors.ts';

/** The mailbox after a fetch that failed. How often it was found locked before makes nobody wait longer. */
export function troubled({ busy: _, ...mailbox }: Mailbox, error: MaloteError, now: Date): Mailbox {
  const { code, message, cure = '', retryAfterMs } = error;
  const before = mailbox.trouble?.code === 'mailbox_busy' && code !== 'mailbox_busy' ? null : mailbox.trouble;
  return { ...mailbox, trouble: nextTrouble(before, { code, message, cure, retryAfterMs }, now) };
}

/** The mailbox after a fetch that went well. With nothing left to be moved or deleted, that is no trouble any more either. */
export function healthy({ busy: _, ...mailbox }: Mailbox, now: Date): Mailbox {
  const disposalTrouble = mailbox.takenIn === '' ? null : mailbox.disposalTrouble;
  return { ...mailbox, trouble: null, disposalTrouble, lastSuccessAt: now.toISOString() };
}
