// The events about a survey: that a customer was invited, answered, or changed the answer.
import type { EventData } from '../../../schemas/events.d.ts';
import type { Answer } from '../survey/answer.ts';
import type { Invitation, SurveyNews } from '../survey/invitation.ts';
import { envelope, eventService, joinGroupIds, type OutgoingEvent } from './envelope.ts';

type SurveyEventType = 'survey.invited' | 'survey.answered' | 'survey.changed';

/** The event that tells a piece of news; a repeat has the same id. Null for news that is no concern of the platform. */
export function surveyEvent(
  invitation: Invitation,
  news: SurveyNews,
  now: Date,
): OutgoingEvent<SurveyEventType> | null {
  const { invitationId } = invitation;
  switch (news.type) {
    case 'invited':
      return made(invitation, 'survey.invited', `${invitationId}:invited`, invitedData(invitation), now);
    case 'answered':
      return made(
        invitation,
        'survey.answered',
        `${invitationId}:answered`,
        answerData(invitation, news.answer),
        now,
      );
    case 'changed': {
      const id = `${invitationId}:changed:${news.answer.changes}`;
      return made(invitation, 'survey.changed', id, answerData(invitation, news.answer), now);
    }
    case 'optedOut':
    case 'send':
      return null;
  }
}

function invitedData(invitation: Invitation): EventData['survey.invited'] {
  const { invitedAt, expiresAt, language, delivery } = invitation;
  return { ...about(invitation), invitedAt, expiresAt, language, delivery };
}

function answerData(invitation: Invitation, answer: Answer): EventData['survey.answered'] {
  const { answeredAt, changedAt, answers, comment, suspect, alert } = answer;
  return { ...about(invitation), answeredAt, changedAt, answers, comment, suspect, alert };
}

function about(invitation: Invitation) {
  const { invitationId, attendanceId, serviceId, serviceName, discardDisabled, groupId, agentId, mailKey } =
    invitation;
  return {
    invitationId,
    service: eventService({ id: serviceId, name: serviceName, discardDisabled }),
    attendance: { id: attendanceId, groupId, agentId },
    mailKey,
  };
}

function made<T extends SurveyEventType>(
  { invitationId, serviceId, groupId }: Invitation,
  type: T,
  id: string,
  data: EventData[T],
  now: Date,
): OutgoingEvent<T> {
  return {
    event: { ...envelope(type, { id, subject: invitationId, now }), data },
    properties: {
      type,
      serviceId,
      groupIds: joinGroupIds(groupId === null ? [] : [groupId]),
      automatic: false,
      test: false,
      ...('alert' in data ? { alert: data.alert } : {}),
    },
  } as OutgoingEvent<T>;
}
