// Mails that may have ended a worker: they are done alone, after all others, and with ever more care.
import type { Mailbox } from './mailbox.ts';

/** A mail with so many deaths on its account is not parsed, then not touched. */
export const DEATHS_BEFORE_RAW_ONLY = 2;
export const DEATHS_BEFORE_SET_ASIDE = 3;

/** The mailbox when nobody holds its lease: what is still in flight ended its last holder, and is suspect. */
export function afterWorkerDeath(mailbox: Mailbox): Mailbox {
  const left = mailbox.inFlight;
  return { ...accuse(mailbox, left, left.length === 1), inFlight: [] };
}

/** These mails are suspect from now on; one that was `alone` has one more death on its account. */
export function accuse(
  mailbox: Mailbox,
  ids: string[],
  alone: boolean,
  { undescribed = false } = {},
): Mailbox {
  const suspects = new Map(mailbox.suspects.map(suspect => [suspect.id, suspect]));
  for (const id of ids) {
    const deaths = (suspects.get(id)?.deaths ?? 0) + (alone ? 1 : 0);
    suspects.set(id, { id, deaths, ...(undescribed ? { undescribed } : {}) });
  }
  return { ...mailbox, suspects: [...suspects.values()] };
}
