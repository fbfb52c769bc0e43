// Tidying the mailbox: only what is in the ledger leaves the folder, and the ledger is told.
import { noteDisposal } from '../../azure/ledger.ts';
import { backsOff, nextTrouble } from '../../domain/backoff.ts';
import { mailKeyOf } from '../../domain/mail/key.ts';
import { doubt } from '../../domain/mailbox/mailbox.ts';
import { sequenceMembers, sequenceSet, sequenceTester } from '../../domain/mailbox/sequence-set.ts';
import { isMailboxTrouble, MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import type { Maildrop } from '../../mailboxes/session.ts';
import { fence, type MailboxChange, type Visit } from './visit.ts';

/** So many mails may be refused in one go; and so many as long as none is disposed of. */
const REFUSALS = 10;
const FIRST_REFUSALS = 2;

/**
 * Moves or deletes mails that are in the ledger. What fails together because of one mail comes again one by one, after all
 * others, and those that fail alone come last.
 * @param options `remember` is written into the mailbox's record first; `alone`: one mail at a time
 * @returns the failure of a store that makes the visit end; the mails stay in `takenIn` and are noted next time
 * @throws MaloteError `lease_lost`, `disposal_refused` when the connection is of no use any more, troubles of the whole mailbox
 */
export async function disposeOf(
  visit: Visit,
  ids: string[],
  { remember, alone = false }: { remember?: MailboxChange; alone?: boolean } = {},
): Promise<MaloteError | undefined> {
  const { lease } = visit;
  if (ids.length === 0 || backsOff(lease.mailbox.disposalTrouble, visit.clock())) {
    if (remember) await lease.update(remember);
    return undefined;
  }
  await fence(visit, remember);
  const together = alone ? 1 : (visit.session.mostDisposed ?? ids.length);
  const groups = Array.from({ length: Math.ceil(ids.length / together) }, (_, group) =>
    ids.slice(group * together, (group + 1) * together),
  );
  return tidying(visit, culprits => disposeOfGroups(visit, groups, culprits));
}

/**
 * One group after the other, behind the fence; one that the server refuses is halved until the culprit is alone. Where
 * nothing but refusals is heard it is not the mails: then it ends with the second of them.
 * @param culprits gets the mails that failed
 */
async function disposeOfGroups(
  visit: Visit,
  groups: string[][],
  culprits: string[],
): Promise<MaloteError | undefined> {
  const { maildrop } = visit.session;
  let refusal: MaloteError | undefined;
  let isFenced = true;
  let bearable = FIRST_REFUSALS;
  for (let group = groups.shift(); group && culprits.length < bearable; group = groups.shift()) {
    if (!isFenced) await fence(visit);
    isFenced = false;
    try {
      const failure = await disposeTogether(visit, group);
      if (failure) return failure;
      bearable = REFUSALS;
    } catch (error) {
      const trouble = toMaloteError(error);
      const isRefused = trouble.code === 'disposal_refused';
      // A maildrop judges mail by mail as it is, and loses all its marks with the connection.
      if (maildrop) throw trouble;
      if (isRefused && group.length > 1) {
        const middle = Math.ceil(group.length / 2);
        groups.unshift(group.slice(0, middle), group.slice(middle));
        continue;
      }
      if (isRefused || traitsOf(trouble.code).mailSuspected) culprits.push(...group);
      if (!isRefused) throw trouble;
      refusal = trouble;
    }
  }
  if (refusal) throw refusal;
  return undefined;
}

async function disposeTogether(visit: Visit, ids: string[]): Promise<MaloteError | undefined> {
  const { lease, session, service } = visit;
  const { disposed, marked } = await session.dispose(ids, service.mailbox.afterRead, {
    isCopied: sequenceTester(lease.mailbox.copied),
    noteCopied: ids => lease.update(mailbox => ({ ...mailbox, copied: added(mailbox.copied, ids) })),
    marked: sequenceMembers(lease.mailbox.marked),
    noteMarked: ids => lease.update(mailbox => ({ ...mailbox, marked: added(mailbox.marked, ids) })),
  });
  // A maildrop says only in the end whether it deleted anything: see commitMaildrop.
  if (session.maildrop) return undefined;
  const gone = new Set(disposed);
  await lease.update(mailbox => ({
    ...mailbox,
    marked: sequenceSet(marked),
    // As long as others are doubtful it is not over.
    disposalTrouble: mailbox.doubtful.every(id => gone.has(id)) ? null : mailbox.disposalTrouble,
  }));
  const disposal = service.mailbox.afterRead.action === 'move' ? 'moved' : 'deleted';
  return noteDisposed(visit, disposed, disposal);
}

/**
 * Ends the session on a maildrop so that what was disposed of is deleted, and notes that.
 * @returns the failure of the ledger, if it did not take the notes
 * @throws MaloteError `lease_lost`, `disposal_refused` when it is in doubt whether anything was deleted
 */
export async function commitMaildrop(visit: Visit, maildrop: Maildrop): Promise<MaloteError | undefined> {
  await fence(visit);
  return tidying(visit, async () => {
    const deleted = await maildrop.commit();
    if (deleted.length === 0) return undefined;
    // A trouble that asks to wait is of this very session: some of the mails were refused.
    const { disposalTrouble } = visit.lease.mailbox;
    if (disposalTrouble && !backsOff(disposalTrouble, visit.clock()))
      await visit.lease.update(mailbox => ({ ...mailbox, disposalTrouble: null }));
    return noteDisposed(visit, deleted, 'deleted');
  });
}

/** A trouble of tidying is noted with the mails that it is about, and backs off by itself. */
async function tidying(
  visit: Visit,
  tidy: (culprits: string[]) => Promise<MaloteError | undefined>,
): Promise<MaloteError | undefined> {
  const { lease } = visit;
  const culprits: string[] = [];
  try {
    return await tidy(culprits);
  } catch (error) {
    const trouble = toMaloteError(error);
    const { code, message, cure = '' } = trouble;
    const { fault } = traitsOf(code);
    // Troubles of the whole mailbox show in its disposal by chance.
    if (!isMailboxTrouble(trouble) || fault === 'account') throw trouble;
    visit.log.warn('disposal-failed', { code });
    await lease.update(mailbox => ({
      ...doubt(mailbox, culprits),
      disposalTrouble: nextTrouble(mailbox.disposalTrouble, { code, message, cure }, visit.clock()),
    }));
    if (fault === 'disposal') return undefined;
    // A server that breaks the connection over a mail to be moved must not keep new mail from being read.
    throw new MaloteError('disposal_refused', message, { cause: trouble });
  }
}

function added(set: string, ids: string[]): string {
  return sequenceSet([...sequenceMembers(set), ...ids]);
}

/** Tells the ledger, and forgets the mails once it knows. @returns the failure of the ledger, if it did not */
export async function noteDisposed(
  visit: Visit,
  ids: string[],
  disposal: 'moved' | 'deleted' | 'gone',
): Promise<MaloteError | undefined> {
  if (ids.length === 0) return undefined;
  const { lease, service, clients } = visit;
  const notes = ids.map(id => ({ key: mailKeyOf(service.id, visit.generation, id), disposal }));
  const outcomes = await noteDisposal(clients.database.ledger, service.id, notes, visit.clock());
  // Noted before, or a record that was erased meanwhile: either way there is nothing left to note.
  const isNoted = (error: MaloteError | undefined) =>
    error === undefined || error.code === 'precondition_failed' || error.code === 'not_found';
  const noted = new Set(ids.filter((_, index) => isNoted(outcomes[index])));
  const without = (set: string) => sequenceSet(sequenceMembers(set).filter(id => !noted.has(id)));
  await lease.update(mailbox => ({
    ...mailbox,
    takenIn: without(mailbox.takenIn),
    copied: without(mailbox.copied),
    doubtful: mailbox.doubtful.filter(id => !noted.has(id)),
  }));
  visit.log.info('mails-disposed', { disposal, mails: noted.size });
  return outcomes.find(error => !isNoted(error));
}
