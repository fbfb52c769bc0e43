// Trouble, and when to try again: 1 minute, doubled with every failure in a row, at most 1 hour.
import type { ErrorCode } from '../errors.ts';

/** Why a mailbox cannot be read or tidied, as its status shows it. */
export type MailboxTrouble = {
  code: ErrorCode;
  message: string;
  /** One sentence for the person who can mend it. */
  cure: string;
  since: string;
  /** Attempts in a row that ended so. */
  failures: number;
  /** Before this instant nothing is tried again, unless asked for or the service was changed. */
  retryAt: string;
};

const FIRST_BACKOFF_MS = 60_000;
const LONGEST_BACKOFF_MS = 3_600_000;

type Failure = { code: ErrorCode; message: string; cure: string; retryAfterMs?: number | undefined };

/**
 * The trouble after one more failure: 1 min, doubled with every failure in a row, at most 1 h, or as long as the server
 * asked. Another code begins anew with `since`; the failures in a row go on.
 */
export function nextTrouble(before: MailboxTrouble | null, failure: Failure, now: Date): MailboxTrouble {
  const same = before?.code === failure.code;
  const failures = (before?.failures ?? 0) + 1;
  const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
  return {
    code: failure.code,
    message: failure.message,
    cure: failure.cure,
    since: same ? before.since : now.toISOString(),
    failures,
    retryAt: new Date(now.getTime() + Math.max(backoffMs, failure.retryAfterMs ?? 0)).toISOString(),
  };
}

/** Whether this trouble still asks to wait at `now`. */
export function backsOff(trouble: MailboxTrouble | null, now: Date): boolean {
  return trouble !== null && now.toISOString() < trouble.retryAt;
}
