// The invitation to answer a survey about one attendance, with the answer to it: one item of the database, and what is left of it.
import { createHash } from 'node:crypto';
import type { AuditEntry } from '../audit.ts';
import type { MailKey, ServiceId } from '../ids.ts';
import type { Language } from '../settings.ts';
import type { Answer, AnsweredQuestion } from './answer.ts';
import type { AskedSurvey } from './question.ts';
import type { Sending } from './sending.ts';

declare const brand: unique symbol;

/** 22 characters of base64url: 128 bits of a digest of the attendance's id, so an attendance has one invitation for ever. */
export type InvitationId = string & { readonly [brand]: 'InvitationId' };

/** Why nobody was asked although an attendance was closed. */
export const suppressions = [
  'no_survey',
  'discarded',
  'automatic',
  'no_address',
  'opted_out',
  'asked_recently',
] as const;
export type Suppression = (typeof suppressions)[number];

/** What must follow an invitation or an answer, kept with it until it has come. Instants are RFC 3339 in UTC. */
export type SurveyNews =
  | { type: 'invited'; at: string }
  /** An attempt of the mailbox to send it, at `sending.notBefore`. */
  | { type: 'send'; at: string }
  | { type: 'answered'; at: string; answer: Answer }
  /** Of a restored answer with the entry of the trail. */
  | { type: 'changed'; at: string; answer: Answer; audit?: AuditEntry }
  | { type: 'optedOut'; at: string };

/** Instants are RFC 3339 in UTC with milliseconds; days are `YYYY-MM-DD` in the company's time zone of that moment. */
export type Invitation = {
  kind: 'invitation';
  invitationId: InvitationId;
  /** As the platform named it. */
  attendanceId: string;
  /** Service, group, agent and questions are those of the moment in which the attendance was closed. */
  serviceId: ServiceId;
  serviceName: string;
  discardDisabled: boolean;
  groupId: string | null;
  agentId: string | null;
  mailKey: MailKey | null;
  closedAt: string;
  invitedAt: string;
  invitedDay: string;
  expiresAt: string;
  /** How long after the first answer it may be changed. */
  changeableHours: number;
  /** The customer's; the page can be switched to another. */
  language: Language;
  delivery: 'platform' | 'mailbox';
  /** Of one that the mailbox sends. */
  sending?: Sending;
  /** Null when the customer was asked. */
  suppressed: Suppression | null;
  /** What the token is made from beside the id: the key that it was made under, and 128 random bits in base64url. */
  keyId: string;
  salt: string;
  survey: AskedSurvey;
  /** An answer whose score is below this is an alert; null for none. */
  alertBelow: number | null;
  /** Keyed hash of whom it asks; null when the address was not told. */
  addressHash: string | null;
  /** As the platform told it, to greet by. */
  customerName?: string;
  /** When the customer asked not to be asked again. */
  optedOutAt?: string;
  /** When it turned out that the invitation cannot reach the customer. */
  undeliverableAt?: string;
  answer: Answer | null;
  /** W3C trace context of the call that made it, for whoever follows an answer back; it names nobody. */
  traceParent?: string;
  /** When it was posted to within the last hour, for the limit. */
  posts?: string[];
  /** Of which what must follow is still to come, oldest first; since when: its index is sparse. */
  untold?: SurveyNews[];
  untoldSince?: string;
  /** Since when the sums of its days lack it: its index is sparse. */
  uncountedSince?: string;
};

/** What is left when it was forgotten: that the attendance had its invitation, and the figures, which nobody can be told by. */
export type ForgottenInvitation = Pick<
  Invitation,
  | 'invitationId'
  | 'serviceId'
  | 'groupId'
  | 'agentId'
  | 'invitedDay'
  | 'suppressed'
  | 'undeliverableAt'
  | 'uncountedSince'
> & {
  kind: 'forgotten';
  forgottenAt: string;
  /** What was written in texts is left out: of those it stays that there was something. */
  answer: (Pick<Answer, 'answeredDay' | 'suspect'> & { answers: AnsweredQuestion[] }) | null;
};

/** The id of the one invitation that an attendance has. */
export function invitationIdOf(attendanceId: string): InvitationId {
  const digest = createHash('sha256').update(`malote/attendance ${attendanceId}`).digest();
  return digest.subarray(0, 16).toString('base64url') as InvitationId;
}

/** The text as the id of an invitation; undefined when none could have it. */
export function parseInvitationId(text: unknown): InvitationId | undefined {
  return typeof text === 'string' && /^[A-Za-z0-9_-]{22}$/.test(text) ? (text as InvitationId) : undefined;
}

/** The invitation with something more that must follow. */
export function withNews(invitation: Invitation, news: SurveyNews): Invitation {
  const untold = [...(invitation.untold ?? []), news];
  return { ...invitation, untold, untoldSince: untold[0]?.at ?? news.at };
}

/** The invitation when the first `count` of what must follow have come. */
export function withoutNews(invitation: Invitation, count: number): Invitation {
  const { untold = [], untoldSince: _since, ...rest } = invitation;
  const left = untold.slice(count);
  const [oldest] = left;
  return oldest ? { ...rest, untold: left, untoldSince: oldest.at } : rest;
}

/** What a customer who opens it may do. `changeable`: it is answered, and the answer may still be changed. */
export type InvitationState = 'open' | 'changeable' | 'locked' | 'expired';

/** An answer that can be changed no more stays so whatever else has ended. */
export function stateOf({ answer, changeableHours, expiresAt }: Invitation, now: Date): InvitationState {
  if (answer) {
    const changeableUntil = Date.parse(answer.answeredAt) + changeableHours * 3_600_000;
    return now.getTime() < changeableUntil ? 'changeable' : 'locked';
  }
  return now.getTime() < Date.parse(expiresAt) ? 'open' : 'expired';
}

/** What is left of an invitation that is forgotten now. Its figures are the same, so sums need not be counted anew. */
export function forgotten(invitation: Invitation, now: Date): ForgottenInvitation {
  const {
    invitationId,
    serviceId,
    groupId,
    agentId,
    invitedDay,
    suppressed,
    undeliverableAt,
    uncountedSince,
    answer,
  } = invitation;
  return {
    kind: 'forgotten',
    forgottenAt: now.toISOString(),
    invitationId,
    serviceId,
    groupId,
    agentId,
    invitedDay,
    suppressed,
    ...(undeliverableAt !== undefined && { undeliverableAt }),
    ...(uncountedSince !== undefined && { uncountedSince }),
    answer: answer && {
      answeredDay: answer.answeredDay,
      suspect: answer.suspect,
      answers: answer.answers.map(each => (each.kind === 'text' ? { ...each, value: '' } : each)),
    },
  };
}
