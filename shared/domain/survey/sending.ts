// How an invitation that the mailbox sends goes on its way: it waits, was sent, or will never arrive.
import type { ErrorCode } from '../../errors.ts';

/** Instants are RFC 3339 in UTC with milliseconds. */
export type Sending = {
  state: 'waiting' | 'sent' | 'undeliverable';
  /** Whom it goes to, sealed: name and address in JSON. Gone once it waits no more. */
  recipient?: { keyId: string; iv: string; data: string; tag: string };
  /** Of every attempt, with its angle brackets: whoever gets two sees one. */
  messageId: string;
  attempts: number;
  /** Of the last attempt, told from all others: two that are claimed in one moment would be alike else. */
  claimId?: string;
  /** While it waits: not before then. Its index is sparse. */
  notBefore?: string;
  sentAt: string | null;
  /** Why the last attempt failed, or why it will never arrive. */
  code?: ErrorCode;
};

export type Recipient = { name: string; address: string };

/** Longer than an attempt takes: whoever claimed it and is not heard of by then has died. */
const CLAIM_MS = 10 * 60_000;
/** Greylisting servers want some minutes; nobody tries less than daily (RFC 5321 4.5.4.1). */
const FIRST_RETRY_MS = 5 * 60_000;
const LONGEST_RETRY_MS = 86_400_000;

/** The sending with an attempt begun. */
export function claimed(sending: Sending, claimId: string, now: Date): Sending {
  const notBefore = new Date(now.getTime() + CLAIM_MS).toISOString();
  return { ...sending, attempts: sending.attempts + 1, claimId, notBefore };
}

/** When an attempt that failed for this mail alone is repeated: after 5 minutes, doubled each time, at most a day. */
export function retryAt({ attempts }: Sending, now: Date): Date {
  const waitMs = Math.min(FIRST_RETRY_MS * 2 ** Math.max(attempts - 1, 0), LONGEST_RETRY_MS);
  return new Date(now.getTime() + waitMs);
}
