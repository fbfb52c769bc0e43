// What has left the folder is noted in the ledger, and then forgotten by the mailbox's record.
import { noteDisposal } from '../../azure/ledger.ts';
import { mailKeyOf } from '../../domain/mail/key.ts';
import { sequenceMembers, sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import type { MaloteError } from '../../errors.ts';
import type { Visit } from './visit.ts';

/**
 * Tells the ledger, and forgets the mails that it knows of; the others stay remembered, and are noted the next time.
 * @throws MaloteError `lease_lost`, and the first failure of the ledger
 */
export async function noteDisposed(
  visit: Visit,
  ids: string[],
  disposal: 'moved' | 'deleted' | 'gone',
): Promise<void> {
  if (ids.length === 0) return;
  const { lease, service, clients } = visit;
  const notes = ids.map(id => ({ key: mailKeyOf(service.id, visit.generation, id), disposal }));
  const outcomes = await noteDisposal(clients.database.ledger, service.id, notes, visit.clock());
  const noted = new Set(ids.filter((_, index) => isNoted(outcomes[index])));
  const without = (set: string) => sequenceSet(sequenceMembers(set).filter(id => !noted.has(id)));
  await lease.update(mailbox => ({
    ...mailbox,
    takenIn: without(mailbox.takenIn),
    copied: without(mailbox.copied),
    doubtful: mailbox.doubtful.filter(id => !noted.has(id)),
  }));
  visit.log.info('mails-disposed', { disposal, mails: noted.size });
  const failure = outcomes.find(outcome => !isNoted(outcome));
  if (failure) throw failure;
}

/** Noted before, or a record that was erased meanwhile: either way there is nothing left to note. */
function isNoted(outcome: MaloteError | undefined): boolean {
  return outcome === undefined || outcome.code === 'precondition_failed' || outcome.code === 'not_found';
}
