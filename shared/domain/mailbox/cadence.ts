// When a mailbox's turn comes, decided from the clock and its id alone: nothing is stored.
import type { ServiceId } from '../ids.ts';

const MINUTE_MS = 60_000;

/** Steps of this part of a round trip come back close to a start only after many: successive starts lie far apart. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * The services whose turn it is in the minute of `now`, beginning at another one every hour.
 *
 * Each has one minute in every period, always the same one: between two turns lies the period, neither less nor more. Which
 * minute follows from a hash of its id, so that ten thousand mailboxes do not start together; where the round begins, from the
 * hour, so that none is always the last of its minute.
 */
export function dueServices<T extends { id: ServiceId; pollSeconds: number }>(services: T[], now: Date): T[] {
  const minute = Math.floor(now.getTime() / MINUTE_MS);
  const due = services.filter(({ id, pollSeconds }) => {
    const period = periodMinutes(pollSeconds);
    return minute % period === hash(id) % period;
  });
  const hour = Math.floor(minute / 60);
  const start = Math.floor(((hour * GOLDEN_RATIO) % 1) * due.length);
  return [...due.slice(start), ...due.slice(0, start)];
}

/** So few begin at once; of more, a tenth of a second later each. */
const AT_ONCE = 10;
const APART_MS = 100;
/** What comes last still has time to be done within its minute. */
const LONGEST_SPREAD_MS = 50_000;

/**
 * When in its minute each of the services that are due begins, in milliseconds after its start. Which moment follows from its id, so
 * that between two turns lies the period here, too, as long as about as many are due.
 */
export function spread<T extends { id: ServiceId }>(due: T[]): { service: T; afterMs: number }[] {
  const withinMs = Math.min(LONGEST_SPREAD_MS, Math.max(0, due.length - AT_ONCE) * APART_MS);
  // The upper bits: the lower ones have chosen the minute.
  return due.map(service => ({
    service,
    afterMs: Math.floor((hash(service.id) / 2 ** 32) * withinMs),
  }));
}

/** The nearest whole minutes, at least one: 89 s are 1, 90 s are 2, which is a third more than was set and the worst. */
function periodMinutes(pollSeconds: number): number {
  return Math.max(1, Math.round(pollSeconds / 60));
}

/** FNV-1a of 32 bits (http://www.isthe.com/chongo/tech/comp/fnv), its bits mixed: fast, for it is asked of all at every tick. */
function hash(text: string): number {
  let hashed = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hashed = Math.imul(hashed ^ text.charCodeAt(at), 0x01000193);
  hashed = Math.imul(hashed ^ (hashed >>> 16), 0x85ebca6b);
  return (hashed ^ (hashed >>> 13)) >>> 0;
}
