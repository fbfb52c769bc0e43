// What goes wrong while a soak runs, one thing after the other, as a seed has it.
import type { Fault, Faults } from '../local/faults.ts';

/** Where faults can be set: the stores, and the servers in front of the mailboxes. */
export type FaultPlaces = Record<'database' | 'blobs' | 'bus' | 'graph' | 'imap' | 'pop3', Faults>;

export type Trouble = { name: string; begin: () => void };

/** Everything here passes: a store that refuses for ever is right to keep a mail out, and nothing could be counted. */
const passing: [keyof FaultPlaces, string, Fault['action'][]][] = [
  ['database', '', ['throttle', 'drop', 'dropAfter', 'delay']],
  ['blobs', '', ['throttle', 'drop', 'dropAfter', 'delay']],
  ['bus', 'send mail-events', ['throttle', 'drop', 'dropAfter', 'delay']],
  ['graph', '', ['throttle', 'drop', 'dropAfter', 'delay']],
  ['imap', 'UID FETCH', ['drop', 'dropAfter', 'delay']],
  ['imap', 'UID MOVE', ['drop', 'dropAfter', 'delay']],
  ['imap', 'connect', ['drop']],
  ['pop3', 'RETR', ['drop', 'delay']],
  ['pop3', 'QUIT', ['drop', 'dropAfter']],
];

/** Gives the next trouble; `kill` is among them, as one of twelve: after it a mailbox may rest for a minute. */
export function troubles(random: () => number, places: FaultPlaces, kill: () => void): () => Trouble {
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return () => {
    if (random() < 1 / 12) return { name: 'kill', begin: kill };
    const [place, on, actions] = oneOf(passing);
    const action = oneOf(actions);
    const times = 1 + Math.floor(random() * (action === 'delay' ? 40 : 6));
    const delayMs = action === 'delay' ? 50 + Math.floor(random() * 950) : 500;
    return {
      name: `${place} ${action}`,
      begin: () => places[place].add({ on, action, times, delayMs }),
    };
  };
}
