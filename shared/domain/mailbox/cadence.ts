// When a mailbox's turn comes, decided from the clock and its id alone: nothing is stored.
import { createHash } from 'node:crypto';
import type { ServiceId } from '../ids.ts';

const MINUTE_MS = 60_000;

/**
 * The services whose turn it is in the minute of `now`, in an order that changes every hour.
 *
 * Each service has one minute in every period of its `pollSeconds` (rounded up to whole minutes, at most 60). Which one
 * follows from a hash of its id that is salted with the hour, so that ten thousand mailboxes do not start together and
 * none is always the last of its minute.
 */
export function dueServices<T extends { id: ServiceId; pollSeconds: number }>(services: T[], now: Date): T[] {
  const minute = Math.floor(now.getTime() / MINUTE_MS);
  const hour = Math.floor(minute / 60);
  return services
    .map(service => ({ service, turn: hash(`${hour}:${service.id}`) }))
    .filter(({ service, turn }) => {
      const period = Math.ceil(service.pollSeconds / 60);
      return minute % period === turn % period;
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ service }) => service);
}

function hash(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}
