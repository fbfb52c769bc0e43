// What an invitation that the mailbox sends is known by on its way, and what is left of the sending when that has ended.
import type { ErrorCode } from '../../errors.ts';
import { type Invitation, type InvitationId, parseInvitationId } from './invitation.ts';
import type { Sending } from './sending.ts';

/** The Message-ID under which a mailbox sends an invitation; its local part is safe as it is (RFC 5322 3.2.3). */
export function surveyMessageId(invitationId: InvitationId, mailboxAddress: string): string {
  return `<${invitationId}.survey@${mailboxAddress.slice(mailboxAddress.lastIndexOf('@') + 1)}>`;
}

/** Whose invitation a Message-ID names by its form alone; undefined when it is none of ours. */
export function invitationIdIn(messageId: string): InvitationId | undefined {
  const [, id] = /^<([A-Za-z0-9_-]{22})\.survey@[^<>\s@]+>$/.exec(messageId) ?? [];
  return parseInvitationId(id);
}

/** The invitation when its sending has ended; nothing tells any more whom it went to, but the hash. */
export function concluded(
  invitation: Invitation,
  sending: Sending,
  end: { state: 'sent' } | { state: 'undeliverable'; code: ErrorCode },
  now: Date,
): Invitation {
  const { recipient: _recipient, notBefore: _notBefore, claimId: _claimId, code: _code, ...rest } = sending;
  const at = now.toISOString();
  if (end.state === 'sent') return { ...invitation, sending: { ...rest, state: 'sent', sentAt: at } };
  const { uncountedSince = at, undeliverableAt = at } = invitation;
  return { ...invitation, sending: { ...rest, ...end }, undeliverableAt, uncountedSince };
}
