// What is noted of mails on their way out of a folder, kept in memory.
import type { CopyState } from '../../shared/domain/mailbox/copies.ts';
import type { DisposalNotes } from '../../shared/mailboxes/session.ts';

/** Of a mailbox that nothing is known of, where nothing is kept. */
export const nothingNoted: DisposalNotes = {
  copyState: () => undefined,
  noteCopies: async () => {},
  marked: [],
  noteMarked: async () => {},
};

/** Notes that are kept from one disposal to the next; `states` has them. */
export function keptNotes(): DisposalNotes & { states: Map<string, CopyState> } {
  const states = new Map<string, CopyState>();
  return {
    ...nothingNoted,
    states,
    copyState: id => states.get(id),
    noteCopies: async copies => {
      for (const [state, ids] of Object.entries(copies)) {
        for (const id of ids) {
          if (state === 'none') states.delete(id);
          else states.set(id, state as CopyState);
        }
      }
    },
  };
}
