// What becomes of a closed attendance: the survey as it is asked at that moment, whom it asks, and why nobody is asked.

import { dayIn } from '../day.ts';
import type { MailKey } from '../ids.ts';
import { languageOfTag } from '../language-tag.ts';
import type { LedgerRecord } from '../mail/ledger-record.ts';
import type { Service, Survey } from '../service/service.ts';
import { defaultTerms } from '../service/survey.ts';
import type { Language, Settings } from '../settings.ts';
import { type Invitation, invitationIdOf, type Suppression } from './invitation.ts';
import { type AskedSurvey, standardQuestionId } from './question.ts';
import type { Recipient } from './sending.ts';

/** What the platform tells of an attendance. Texts are as it wrote them, instants RFC 3339 in UTC; null is what it did not tell. */
export type ClosedAttendance = {
  attendanceId: string;
  serviceId: string;
  mailKey: MailKey | null;
  customer: { address: string | null; name: string | null; language: string | null };
  agentId: string | null;
  groupId: string | null;
  closedAt: string;
};

type Facts = {
  closed: ClosedAttendance;
  service: Service;
  settings: Settings;
  /** Of `correspondentOf`; null when nobody's address is known. */
  addressHash: string | null;
  /** What its token is made from. */
  keyId: string;
  salt: string;
  now: Date;
};

const HOUR_MS = 3_600_000;

/** Whom an attendance was with: whom the platform names, else whoever was to be answered. Null when nobody's address is known. */
export function correspondentOf(
  { customer }: ClosedAttendance,
  mail: Pick<LedgerRecord, 'correspondent' | 'from' | 'fromName'> | undefined,
): Recipient | null {
  if (customer.address !== null) return { name: customer.name ?? '', address: customer.address };
  // A record from before correspondents were noted has the sender alone.
  const { correspondent, from = '', fromName = '' } = mail ?? {};
  const name = customer.name ?? (correspondent === undefined ? fromName : '');
  const address = correspondent ?? from;
  return address === '' ? null : { name, address };
}

/** Why nobody is asked, as far as it can be told without knowing when whom was asked before. */
export function suppressionOf(
  { survey }: Pick<Service, 'survey'>,
  mail: Pick<LedgerRecord, 'discard' | 'automatic' | 'bounce' | 'loop'> | undefined,
  to: Recipient | null,
): Suppression | null {
  if (survey.type === 'none') return 'no_survey';
  if (mail?.discard) return 'discarded';
  if (mail?.automatic || mail?.bounce || mail?.loop) return 'automatic';
  // The platform may reach whom it did not name; the mailbox cannot.
  return survey.delivery === 'mailbox' && to === null ? 'no_address' : null;
}

/** The invitation of an attendance, made now; `suppressed` is still to be found out. */
export function invitationOf({
  closed,
  service,
  settings,
  addressHash,
  keyId,
  salt,
  now,
}: Facts): Invitation {
  const { attendanceId, mailKey, customer, agentId, groupId, closedAt } = closed;
  const terms = service.survey.type === 'none' ? defaultTerms : service.survey;
  const invitedAt = now.toISOString();
  return {
    kind: 'invitation',
    invitationId: invitationIdOf(attendanceId),
    attendanceId,
    serviceId: service.id,
    serviceName: service.name,
    discardDisabled: service.discardDisabled,
    groupId,
    agentId,
    mailKey,
    closedAt,
    invitedAt,
    invitedDay: dayIn(settings.timeZone, now),
    expiresAt: new Date(now.getTime() + terms.expiresAfterDays * 24 * HOUR_MS).toISOString(),
    changeableHours: terms.changeableHours,
    language: languageFor(customer.language, settings.defaultLanguage),
    delivery: terms.delivery,
    suppressed: null,
    keyId,
    salt,
    survey: askedSurvey(service.survey),
    alertBelow: terms.alertBelow,
    addressHash,
    ...(customer.name === null ? {} : { customerName: customer.name }),
    answer: null,
    uncountedSince: invitedAt,
  };
}

function languageFor(tag: string | null, usual: Language): Language {
  return (tag === null ? undefined : languageOfTag(tag)) ?? usual;
}

function askedSurvey(survey: Survey): AskedSurvey {
  switch (survey.type) {
    case 'none':
      return { type: 'none', questions: [], commentDisabled: true, linkText: null };
    case 'standard': {
      const { type, questionText, commentDisabled, linkText } = survey;
      const question = { id: standardQuestionId, type: 'csat', text: questionText, required: true } as const;
      return { type, questions: [question], commentDisabled, linkText };
    }
    case 'custom': {
      const { type, questions, commentDisabled } = survey;
      return { type, questions, commentDisabled, linkText: null };
    }
  }
}
