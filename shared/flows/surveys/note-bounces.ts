// Reports that an invitation of ours did not arrive: it becomes undeliverable.
import { findSentAs } from '../../azure/sending-store.ts';
import { findInvitation, replaceInvitation } from '../../azure/surveys-store.ts';
import type { Clients } from '../../clients.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Bounce } from '../../domain/mail/mail.ts';
import { concluded, invitationIdIn } from '../../domain/survey/delivery.ts';
import { MaloteError, toMaloteError } from '../../errors.ts';
import type { Log } from '../../log.ts';

/** Of somebody else's write to the same invitation. */
const TRIES = 5;

type About = { serviceId: ServiceId; now: Date; log: Log };

/**
 * Notes reports that came into the mailbox of a service, in the order of the mails. To be called before their mails are recorded:
 * those come again if it fails. A report once more changes nothing; of what is not an invitation of this service nothing is
 * changed either, whatever it claims.
 * @throws MaloteError `dependency_unavailable` alone
 */
export async function noteBounces(
  { database }: Pick<Clients, 'database'>,
  bounces: (Bounce | null)[],
  about: About,
): Promise<void> {
  for (const bounce of bounces) {
    if (!bounce?.originalMessageId || !hasFailed(bounce)) continue;
    try {
      await note(database, bounce.originalMessageId, about);
    } catch (thrown) {
      const error = toMaloteError(thrown);
      if (error.code === 'dependency_unavailable') throw error;
      about.log.error('bounce-not-noted', { code: error.code });
    }
  }
}

/** A report of a delay alone is none of a failure; one that names nobody is. */
function hasFailed({ recipients }: Bounce): boolean {
  return recipients.length === 0 || recipients.some(({ action }) => action === 'failed' || action === null);
}

async function note(
  { surveys }: Clients['database'],
  messageId: string,
  { serviceId, now, log }: About,
): Promise<void> {
  const invitationId = invitationIdIn(messageId) ?? (await findSentAs(surveys, messageId));
  if (!invitationId) return;
  for (let left = TRIES; left > 0; left -= 1) {
    const found = await findInvitation(surveys, invitationId);
    if (found?.value.kind !== 'invitation' || found.value.serviceId !== serviceId) return;
    const { sending } = found.value;
    if (!sending || sending.state === 'undeliverable') return;
    const end = { state: 'undeliverable', code: 'recipient_refused' } as const;
    const after = concluded(found.value, sending, end, now);
    if ((await replaceInvitation(surveys, after, found.etag)) !== undefined) {
      log.info('invitation-bounced', { invitationId });
      return;
    }
  }
  throw new MaloteError('dependency_unavailable', 'Others keep changing the invitation.');
}
