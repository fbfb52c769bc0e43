// How the mailbox comes to send an invitation: whom it goes to is sealed into it, and what must follow is that it is sent.
import type { Clients } from '../../clients.ts';
import type { MailboxSettings } from '../../domain/service/service.ts';
import { surveyMessageId } from '../../domain/survey/delivery.ts';
import { type Invitation, type InvitationId, withNews } from '../../domain/survey/invitation.ts';
import type { Recipient, Sending } from '../../domain/survey/sending.ts';
import { seal, unseal } from '../../secrets.ts';

/** The invitation as it is written where `survey.delivery` is "mailbox". */
export function toBeSent(
  { config }: Pick<Clients, 'config'>,
  invitation: Invitation,
  mailbox: Pick<MailboxSettings, 'address'>,
  { name, address }: Recipient,
): Invitation {
  const { invitationId, invitedAt } = invitation;
  const recipient = JSON.stringify({ name, address });
  const sending: Sending = {
    state: 'waiting',
    recipient: seal(config.secretKeys, recipient, contextOf(invitationId)),
    messageId: surveyMessageId(invitationId, mailbox.address),
    attempts: 0,
    notBefore: invitedAt,
    sentAt: null,
  };
  return withNews({ ...invitation, sending }, { type: 'send', at: invitedAt });
}

/** @throws MaloteError `secret_unreadable` */
export function recipientOf(
  { config }: Pick<Clients, 'config'>,
  invitationId: InvitationId,
  sealed: NonNullable<Sending['recipient']>,
): Recipient {
  return JSON.parse(unseal(config.secretKeys, sealed, contextOf(invitationId)));
}

/** Sealed for one invitation, it is worth nothing in another. */
function contextOf(invitationId: InvitationId): string {
  return `surveys/${invitationId}/recipient`;
}
