// Asking for an attempt to send: a message for each, which the queue holds back until its turn.
import type { Bus } from '../../azure/bus.ts';
import type { Invitation } from '../../domain/survey/invitation.ts';

/**
 * Asks for the next attempts of invitations that wait. Asked again it is the same message, which the queue drops; an attempt that
 * was claimed is another one.
 * @throws MaloteError `dependency_unavailable`
 */
export async function requestSending(
  bus: Pick<Bus, 'sendInvitations'>,
  invitations: Invitation[],
): Promise<void> {
  const messages = invitations.flatMap(({ invitationId, sending }) => {
    if (sending?.state !== 'waiting' || sending.notBefore === undefined) return [];
    const notBefore = new Date(sending.notBefore);
    return [{ invitationId, messageId: `${invitationId}:${notBefore.getTime()}`, notBefore }];
  });
  if (messages.length > 0) await bus.sendInvitations(messages);
}
