// An invitation as the platform and supervisors see it: how it stands, and neither who was asked nor what was answered.
import { type ForgottenInvitation, type Invitation, stateOf } from './invitation.ts';

/**
 * How an invitation stands. `answered`: it may still be changed; `undeliverable`: it cannot reach the customer, who has not answered
 * all the same; `forgotten`: only that it was there is left.
 */
export const shownStates = [
  'open',
  'undeliverable',
  'answered',
  'locked',
  'expired',
  'suppressed',
  'forgotten',
] as const;
export type ShownState = (typeof shownStates)[number];

export function shownState(invitation: Invitation | ForgottenInvitation, now: Date): ShownState {
  if (invitation.kind === 'forgotten') return 'forgotten';
  if (invitation.suppressed !== null) return 'suppressed';
  const state = stateOf(invitation, now);
  if (state === 'open' && invitation.undeliverableAt !== undefined) return 'undeliverable';
  return state === 'changeable' ? 'answered' : state;
}

/** What is shown of it; of a forgotten one what is null is gone. */
export function invitationView(invitation: Invitation | ForgottenInvitation, now: Date) {
  const { invitationId, serviceId, groupId, agentId, suppressed } = invitation;
  const known = invitation.kind === 'invitation' ? invitation : undefined;
  return {
    invitationId,
    state: shownState(invitation, now),
    suppressed,
    attendanceId: known?.attendanceId ?? null,
    serviceId,
    groupId,
    agentId,
    mailKey: known?.mailKey ?? null,
    closedAt: known?.closedAt ?? null,
    invitedAt: known?.invitedAt ?? null,
    expiresAt: known?.expiresAt ?? null,
    language: known?.language ?? null,
    delivery: known?.delivery ?? null,
    sentAt: known?.sending?.sentAt ?? null,
    answeredAt: known?.answer?.answeredAt ?? null,
  };
}
