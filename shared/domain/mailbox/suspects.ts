// Mails that may have ended a worker: they are done alone, after all others, and with ever more care.
import type { Mailbox } from './mailbox.ts';

/** A mail with so many deaths on its account is not parsed, then not touched. */
export const DEATHS_BEFORE_RAW_ONLY = 2;
export const DEATHS_BEFORE_SET_ASIDE = 3;

/** What is done with a mail. parse: as always; rawOnly: nobody looks inside; setAside: nobody touches it. */
export type Care = 'parse' | 'rawOnly' | 'setAside';

/** What is done with a mail that has so many deaths on its account. */
export function careFor(deaths: number): Care {
  if (deaths >= DEATHS_BEFORE_SET_ASIDE) return 'setAside';
  return deaths >= DEATHS_BEFORE_RAW_ONLY ? 'rawOnly' : 'parse';
}

/**
 * The mailbox when nobody holds its lease: what is still in flight ended its last holder, and is suspect. Of two batches nobody
 * knows whose mail it was: all come alone from then on, and a death counts only for who was alone.
 */
export function afterWorkerDeath(mailbox: Mailbox): Mailbox {
  const left = mailbox.inFlight;
  return { ...accuse(mailbox, left, left.length === 1), inFlight: [] };
}

/** The mailbox with these mails in its holder's hands, besides those that are there already. */
export function takeInHand(mailbox: Mailbox, ids: string[]): Mailbox {
  return { ...mailbox, inFlight: [...new Set([...mailbox.inFlight, ...ids])] };
}

/** The mailbox when these mails are out of its holder's hands. */
export function putDown(mailbox: Mailbox, ids: string[]): Mailbox {
  const done = new Set(ids);
  return { ...mailbox, inFlight: mailbox.inFlight.filter(id => !done.has(id)) };
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
