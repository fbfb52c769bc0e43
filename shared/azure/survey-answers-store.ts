// Searching the answers to surveys: their places in time over all invitations, then those of a page.
import type { Container } from '@azure/cosmos';
import type { ServiceId } from '../domain/ids.ts';
import type { Answer } from '../domain/survey/answer.ts';
import type { DayPeriod } from '../domain/survey/days.ts';
import type { Invitation, InvitationId } from '../domain/survey/invitation.ts';
import { isOneOf } from './cosmos.ts';
import { type Item, surveyPages, toInvitation } from './surveys-store.ts';

export type Answered = Invitation & { answer: Answer };

/** What is searched for; an answer that is found has all of it. */
export type AnswerFilter = {
  /** One at least. */
  services: readonly ServiceId[];
  groupId?: string | undefined;
  agentId?: string | undefined;
  suspect?: boolean | undefined;
  alert?: boolean | undefined;
};

/** Where an answer stands among others: by day, instant and id. */
export type AnswerPlace = { day: string; at: string; id: InvitationId };

/**
 * The places of all answers of a period, in any order: an order over partitions is what the database does badly.
 * @throws MaloteError `dependency_unavailable`
 */
export async function findAnswerPlaces(
  surveys: Container,
  { services, groupId, agentId, suspect, alert }: AnswerFilter,
  { from, to }: DayPeriod,
): Promise<AnswerPlace[]> {
  const ofService = isOneOf('serviceId', services);
  const equal = Object.entries({
    groupId,
    agentId,
    'answer.suspect': suspect,
    'answer.alert': alert,
  }).flatMap(([member, value], index) =>
    value === undefined ? [] : [{ member, value, name: `@equal${index}` }],
  );
  const conditions = [
    "c.kind = 'invitation' AND c.answer.answeredDay >= @from AND c.answer.answeredDay <= @to",
    ofService.text,
    ...equal.map(({ member, name }) => `c.${member} = ${name}`),
  ];
  const parameters = {
    '@from': from,
    '@to': to,
    ...ofService.parameters,
    ...Object.fromEntries(equal.map(({ name, value }) => [name, value])),
  };
  const select = 'c.answer.answeredDay AS day, c.answer.answeredAt AS at, c.pk AS id';
  const found: AnswerPlace[] = [];
  for await (const page of surveyPages<AnswerPlace>(surveys, select, conditions, parameters, 1000))
    found.push(...page);
  return found;
}

/** Invitations with their answers, in the order of these ids (at most 200); without those that were forgotten since. */
export async function readAnswered(surveys: Container, ids: readonly InvitationId[]): Promise<Answered[]> {
  if (ids.length === 0) return [];
  const { text, parameters } = isOneOf('pk', ids);
  const found = new Map<InvitationId, Answered>();
  const conditions = [text, "c.kind = 'invitation'"];
  for await (const page of surveyPages<Item<Answered>>(surveys, '*', conditions, parameters, 200))
    for (const item of page) found.set(item.invitationId, toInvitation<Answered>(item).value);
  return ids.flatMap(id => found.get(id) ?? []);
}
