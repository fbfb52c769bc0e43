// Tidying the mailbox: only what is in the ledger leaves the folder, and the ledger is told.
import { backsOff } from '../../domain/backoff.ts';
import { type Attempt, isolate } from '../../domain/isolate.ts';
import { copyStates, withCopies } from '../../domain/mailbox/copies.ts';
import { sequenceMembers, sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import { type MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import type { DisposalResult } from '../../mailboxes/session.ts';
import { tidying } from './disposal-trouble.ts';
import { noteDisposed } from './note-disposed.ts';
import { fence, type MailboxChange, type Visit } from './visit.ts';

/** So many mails may be refused in one go; and so many as long as none is disposed of, for then it is not the mails. */
const REFUSALS = 10;
const FIRST_REFUSALS = 2;

/**
 * Moves or deletes mails that are in the ledger; on a maildrop they are marked, and `commitMaildrop` deletes them. What fails
 * together because of one mail comes again one by one, after all others, and those that fail alone come last.
 * @param options `remember` is written into the mailbox's record first; `alone`: one mail at a time
 * @throws MaloteError `lease_lost`, failures of our stores, `disposal_refused` when the connection is of no use any more,
 *   troubles of the whole mailbox. The mails stay remembered, and come again
 */
export async function disposeOf(
  visit: Visit,
  ids: string[],
  { remember, alone = false }: { remember?: MailboxChange; alone?: boolean } = {},
): Promise<void> {
  const { lease, session } = visit;
  if (ids.length === 0 || backsOff(lease.mailbox.disposalTrouble, visit.clock())) {
    if (remember) await lease.update(remember);
    return;
  }
  await fence(visit, remember);
  await tidying(visit, async culprits => {
    // A maildrop judges mail by mail as it is, and loses all its marks with the connection.
    if (session.maildrop) await dispose(visit, ids);
    else await disposeInGroups(visit, groupsOf(ids, alone ? 1 : session.mostDisposed), culprits);
  });
}

function groupsOf(ids: string[], size = ids.length): string[][] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, group) =>
    ids.slice(group * size, (group + 1) * size),
  );
}

/**
 * One group after the other, behind the fence; of one that the server refuses the culprits are found.
 * @param culprits gets the mails that failed
 * @throws MaloteError the last refusal, once all that can leave have left
 */
async function disposeInGroups(visit: Visit, groups: string[][], culprits: string[]): Promise<void> {
  let isFenced = true;
  const attempt = async (group: string[]): Promise<Attempt<DisposalResult, MaloteError>> => {
    if (!isFenced) await fence(visit);
    isFenced = false;
    try {
      return { result: await dispose(visit, group) };
    } catch (error) {
      const trouble = toMaloteError(error);
      if (trouble.code === 'disposal_refused') return { refusal: trouble };
      if (traitsOf(trouble.code).mailSuspected) culprits.push(...group);
      throw trouble;
    }
  };
  let refusal: MaloteError | undefined;
  let bearable = FIRST_REFUSALS;
  for await (const { items, ...attempted } of isolate(groups, attempt)) {
    if ('result' in attempted) {
      const { disposed, kept } = attempted.result;
      await noteResult(visit, attempted.result);
      if (disposed.length > 0) bearable = REFUSALS;
      refusal = kept?.refusal ?? refusal;
      culprits.push(...(kept?.ids ?? []));
    } else {
      refusal = attempted.refusal;
      culprits.push(...items);
    }
    if (culprits.length >= bearable) break;
  }
  if (refusal) throw refusal;
}

async function dispose({ lease, session, service }: Visit, ids: string[]): Promise<DisposalResult> {
  return session.dispose(ids, service.mailbox.afterRead, {
    copyState: copyStates(lease.mailbox),
    noteCopies: copies => lease.update(mailbox => withCopies(mailbox, copies)),
    marked: sequenceMembers(lease.mailbox.marked),
    noteMarked: ids => lease.update(mailbox => ({ ...mailbox, marked: added(mailbox.marked, ids) })),
  });
}

async function noteResult(
  visit: Visit,
  { disposed, marked, unaccounted = [] }: DisposalResult,
): Promise<void> {
  const gone = new Set([...disposed, ...unaccounted]);
  visit.lease.defer(mailbox => ({
    ...mailbox,
    marked: sequenceSet(marked),
    // As long as others are doubtful it is not over.
    disposalTrouble: mailbox.doubtful.every(id => gone.has(id)) ? null : mailbox.disposalTrouble,
  }));
  const { action } = visit.service.mailbox.afterRead;
  await noteDisposed(visit, disposed, action === 'move' ? 'moved' : 'deleted');
  if (unaccounted.length === 0) return;
  // Another client may have been quicker; or the server lost them, and nobody can mend that from here.
  visit.log.warn('mails-unaccounted', { mails: unaccounted.length });
  await noteDisposed(visit, unaccounted, 'gone');
}

function added(set: string, ids: string[]): string {
  return sequenceSet([...sequenceMembers(set), ...ids]);
}
