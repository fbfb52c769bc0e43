// The end of a session on a maildrop: only now is deleted what was marked (RFC 1939 6).
import { backsOff } from '../../domain/backoff.ts';
import type { Maildrop } from '../../mailboxes/session.ts';
import { tidying } from './disposal-trouble.ts';
import { noteDisposed } from './note-disposed.ts';
import { fence, type Visit } from './visit.ts';

/**
 * Ends the session so that what was disposed of is deleted, and notes that.
 * @throws MaloteError `lease_lost`, a failure of the ledger, `disposal_refused` when it is in doubt whether anything was deleted
 */
export async function commitMaildrop(visit: Visit, maildrop: Maildrop): Promise<void> {
  await fence(visit);
  await tidying(visit, async () => {
    const deleted = await maildrop.commit();
    if (deleted.length === 0) return;
    // A trouble that asks to wait is of this very session: some of the mails were refused.
    const { disposalTrouble } = visit.lease.mailbox;
    if (disposalTrouble && !backsOff(disposalTrouble, visit.clock()))
      await visit.lease.update(mailbox => ({ ...mailbox, disposalTrouble: null }));
    await noteDisposed(visit, deleted, 'deleted');
  });
}
