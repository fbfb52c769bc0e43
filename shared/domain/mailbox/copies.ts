// How far mails are on their way into the destination, where they have to be copied: no mail is copied twice.
import type { Mailbox } from './mailbox.ts';
import { sequenceMembers, sequenceSet, sequenceTester } from './sequence-set.ts';

/**
 * `asked` for, and no answer was heard yet; `copied`, as the server showed; `doubtful`: the server said so, and it is not to
 * be seen there.
 */
export type CopyState = 'asked' | 'copied' | 'doubtful';

/** Mails by their new state; `none` of those that the server refused to copy. */
export type Copies = Partial<Record<CopyState | 'none', string[]>>;

/** Where the record has each state; the two that came later are not in every record. */
const members = { asked: 'copyAsked', copied: 'copied', doubtful: 'copyDoubtful' } as const;
const states = ['copied', 'doubtful', 'asked'] as const;

/** The state of each mail; undefined of one that was never copied. */
export function copyStates(mailbox: Mailbox): (id: string) => CopyState | undefined {
  const testers = states.map(state => ({ state, has: sequenceTester(mailbox[members[state]] ?? '') }));
  return id => testers.find(({ has }) => has(id))?.state;
}

/** The mailbox with these mails in their new states, and in no other. */
export function withCopies(mailbox: Mailbox, copies: Copies): Mailbox {
  const changed = new Set(Object.values(copies).flat());
  const changes = states.map(state => {
    const before = sequenceMembers(mailbox[members[state]] ?? '').filter(id => !changed.has(id));
    return [members[state], sequenceSet([...before, ...(copies[state] ?? [])])];
  });
  return {
    ...mailbox,
    ...(Object.fromEntries(changes) as Pick<Mailbox, 'copied' | 'copyAsked' | 'copyDoubtful'>),
  };
}
