// An invitation to a survey as the webhook makes it, for tests that begin there.
import { randomBytes } from 'node:crypto';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { type Invitation, invitationIdOf } from '../../shared/domain/survey/invitation.ts';
import { standardQuestionId } from '../../shared/domain/survey/question.ts';

/** Of attendance `A-1` of the service `sac`, with the standard survey, open for 14 days from 2026-03-02, unless told otherwise. */
export function invitation(changes: Partial<Invitation> = {}): Invitation {
  const { attendanceId = 'A-1' } = changes;
  return {
    kind: 'invitation',
    invitationId: invitationIdOf(attendanceId),
    attendanceId,
    serviceId: 'sac' as ServiceId,
    serviceName: 'SAC',
    discardDisabled: false,
    groupId: 'vendas',
    agentId: 'ana',
    mailKey: null,
    closedAt: '2026-03-02T17:59:00.000Z',
    invitedAt: '2026-03-02T18:00:00.000Z',
    invitedDay: '2026-03-02',
    expiresAt: '2026-03-16T18:00:00.000Z',
    changeableHours: 24,
    language: 'pt-BR',
    delivery: 'platform',
    suppressed: null,
    keyId: 'k1',
    salt: randomBytes(16).toString('base64url'),
    survey: {
      type: 'standard',
      questions: [{ id: standardQuestionId, type: 'csat', text: null, required: true }],
      commentDisabled: false,
      linkText: null,
    },
    alertBelow: null,
    addressHash: null,
    answer: null,
    ...changes,
  };
}
