// A trouble of tidying is noted with the mails that it is about, and backs off by itself: mails go on being taken in.
import { nextTrouble } from '../../domain/backoff.ts';
import { markDoubtful } from '../../domain/mailbox/mailbox.ts';
import { isMailboxTrouble, MaloteError, toMaloteError, traitsOf } from '../../errors.ts';
import type { Visit } from './visit.ts';

/** An attempt at tidying; it is given a list for the mails that it fails over. */
type Tidying = (culprits: string[]) => Promise<void>;

/**
 * Tidies, and notes what went wrong.
 * @throws MaloteError `disposal_refused` when the connection is of no use any more; whatever is no trouble of the mailbox, or
 *   one of the mailbox as a whole
 */
export async function tidying(visit: Visit, tidy: Tidying): Promise<void> {
  const culprits: string[] = [];
  try {
    await tidy(culprits);
  } catch (error) {
    const trouble = toMaloteError(error);
    const { fault } = traitsOf(trouble.code);
    // Troubles of the whole mailbox show in its disposal by chance.
    if (!isMailboxTrouble(trouble) || fault === 'account') throw trouble;
    const { code, message, cure = '' } = trouble;
    visit.log.warn('disposal-failed', { code });
    await visit.lease.update(mailbox => ({
      ...markDoubtful(mailbox, culprits),
      disposalTrouble: nextTrouble(mailbox.disposalTrouble, { code, message, cure }, visit.clock()),
    }));
    // A server that breaks the connection over a mail to be moved must not keep new mail from being read.
    if (fault !== 'disposal') throw new MaloteError('disposal_refused', message, { cause: trouble });
  }
}
