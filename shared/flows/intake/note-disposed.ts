// What has left the folder is noted in the ledger, and then forgotten by the mailbox's record.
import { findKnown, noteDisposal } from '../../azure/ledger.ts';
import type { MailKey } from '../../domain/ids.ts';
import { mailKeyOf } from '../../domain/mail/key.ts';
import { withCopies } from '../../domain/mailbox/copies.ts';
import { sequenceMembers, sequenceSet } from '../../domain/mailbox/sequence-set.ts';
import type { MaloteError } from '../../errors.ts';
import type { Visit } from './visit.ts';

/**
 * Tells the ledger, and forgets the mails that it knows of; the others stay remembered, and are noted the next time.
 * @throws MaloteError the first failure of the ledger
 */
export async function noteDisposed(
  visit: Visit,
  ids: string[],
  disposal: 'moved' | 'deleted' | 'gone',
): Promise<void> {
  if (ids.length === 0) return;
  const { lease, service, clients } = visit;
  const keys = ids.map(keyIn(visit));
  const outcomes = await noteDisposal(clients.database.ledger, service.id, keys, disposal, visit.clock());
  const noted = new Set(ids.filter((_, index) => isNoted(outcomes[index])));
  const without = (set: string) => sequenceSet(sequenceMembers(set).filter(id => !noted.has(id)));
  // Whoever did not get to hear of it finds them gone, and notes it again.
  lease.defer(mailbox => ({
    ...withCopies(mailbox, { none: [...noted] }),
    takenIn: without(mailbox.takenIn),
    outOfSight: without(mailbox.outOfSight),
    doubtful: mailbox.doubtful.filter(id => !noted.has(id)),
  }));
  visit.log.info('mails-disposed', { disposal, mails: noted.size });
  const failure = outcomes.find(outcome => !isNoted(outcome));
  if (failure) throw failure;
}

/**
 * Mails that are in the ledger and are not listed any more have left the folder - but for those from before `readFrom`, which
 * nobody asks for since that was moved: they stay as they are, in the folder and in the ledger, and are not looked up again.
 * @throws MaloteError `lease_lost`, `dependency_unavailable`
 */
export async function noteVanished(visit: Visit, ids: string[]): Promise<void> {
  const { clients, service, lease } = visit;
  for (let from = 0; from < ids.length; from += LOOKED_UP_AT_ONCE) {
    const some = ids.slice(from, from + LOOKED_UP_AT_ONCE);
    const keyOf = keyIn(visit);
    const records = await findKnown(clients.database.ledger, service.id, some.map(keyOf));
    const isOlder = (id: string) => {
      const receivedAt = records.get(keyOf(id))?.value.receivedAt;
      return receivedAt !== undefined && receivedAt < service.readFromAt;
    };
    const older = some.filter(isOlder);
    if (older.length > 0) {
      await lease.update(mailbox => ({
        ...mailbox,
        outOfSight: sequenceSet([...sequenceMembers(mailbox.outOfSight), ...older]),
      }));
    }
    await noteDisposed(
      visit,
      some.filter(id => !isOlder(id)),
      'gone',
    );
  }
}

const LOOKED_UP_AT_ONCE = 100;

function keyIn({ service, generation }: Visit): (id: string) => MailKey {
  return id => mailKeyOf(service.id, generation, id);
}

/** Noted before, or a record that was erased meanwhile: either way there is nothing left to note. */
function isNoted(outcome: MaloteError | undefined): boolean {
  return outcome === undefined || outcome.code === 'precondition_failed' || outcome.code === 'not_found';
}
