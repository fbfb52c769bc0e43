// By which ids intake knows the mails of a folder: their UIDs, or where these mean nothing in the next session, what the mails are.
import type { ImapFlow } from 'imapflow';
import { printId } from '../../domain/mail/key.ts';
import { sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import type { DisposalNotes, DisposalResult } from '../session.ts';
import { readPrints } from './prints.ts';

/** Between the ids that intake knows and the UIDs of this session. */
export type Names = {
  /** The ids of mails in the selected folder, in their order. */
  learn: (client: ImapFlow, uids: string[]) => Promise<string[]>;
  uidsOf: (ids: string[]) => string[];
  idsOf: (uids: string[]) => string[];
};

/** UIDs are the ids. */
export const byUid: Names = { learn: async (_, uids) => uids, uidsOf: ids => ids, idsOf: uids => uids };

/** Ids made of prints. Mails that nothing tells apart are numbered in their order. */
export function byPrint(): Names {
  const uids = new Map<string, string>();
  const ids = new Map<string, string>();
  return {
    async learn(client, listed) {
      const wanted = new Set(listed);
      const prints = listed.length > 0 ? await readPrints(client, sequenceSet(listed)) : [];
      const times = new Map<string, number>();
      const learnt: string[] = [];
      for (const { uid, fields, date, sizeBytes } of prints) {
        if (!wanted.has(uid)) continue;
        const print = printId(fields, date, sizeBytes);
        const time = (times.get(print) ?? 0) + 1;
        times.set(print, time);
        const id = time === 1 ? print : `${print}~${time}`;
        uids.set(id, uid);
        ids.set(uid, id);
        learnt.push(id);
      }
      return learnt;
    },
    uidsOf: known => known.flatMap(id => uids.get(id) ?? []),
    idsOf: listed => listed.flatMap(uid => ids.get(uid) ?? []),
  };
}

/** Notes by UIDs, kept by ids. */
export function notesByUid(notes: DisposalNotes, { uidsOf, idsOf }: Names): DisposalNotes {
  return {
    copyState: uid => idsOf([uid]).map(notes.copyState)[0],
    noteCopies: copies => {
      const byIds = Object.entries(copies).map(([state, uids]) => [state, idsOf(uids)]);
      return notes.noteCopies(Object.fromEntries(byIds));
    },
    marked: uidsOf(notes.marked),
    noteMarked: uids => notes.noteMarked(idsOf(uids)),
  };
}

/** A result by ids. */
export function resultById(
  { disposed, marked, unaccounted, kept }: DisposalResult,
  { idsOf }: Names,
): DisposalResult {
  return {
    disposed: idsOf(disposed),
    marked: idsOf(marked),
    ...(unaccounted ? { unaccounted: idsOf(unaccounted) } : {}),
    ...(kept ? { kept: { ...kept, ids: idsOf(kept.ids) } } : {}),
  };
}
