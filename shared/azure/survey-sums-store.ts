// Where the sums of surveys live: one item a service and day, in a partition of the container `surveys` for each service.
import type { Container } from '@azure/cosmos';
import type { ServiceId } from '../domain/ids.ts';
import type { DayPeriod } from '../domain/survey/days.ts';
import type { InvitationId } from '../domain/survey/invitation.ts';
import type { Countable, DaySums } from '../domain/survey/sums.ts';
import { MaloteError } from '../errors.ts';
import { isOneOf, queryPartition, request } from './cosmos.ts';
import { surveyPages } from './surveys-store.ts';

// An item has some 200 bytes for each agent of a group with the standard survey, and 2 MB at most: about 10,000 of them in one
// service and day; with 20 questions 1,200. What is larger is refused, and stays to be counted.

const MARKS_AT_ONCE = 500;

/** An invitation that the sums of its days lack. */
export type Mark = {
  invitationId: InvitationId;
  serviceId: ServiceId;
  invitedDay: string;
  answeredDay?: string;
  etag: string;
  /** When the database took its last change, by its own clock. */
  writtenAtSeconds: number;
};

/** Of which services and days; all of them unless told. */
export type MarkFilter = { services?: readonly ServiceId[]; period?: DayPeriod };

/**
 * Invitations that sums lack, in any order, page by page; a page may be empty.
 * @throws MaloteError `dependency_unavailable`
 */
export async function* listUncounted(surveys: Container, filter: MarkFilter = {}): AsyncGenerator<Mark[]> {
  const { services, period } = filter;
  const ofService = services && isOneOf('serviceId', services);
  const conditions = [
    "c.uncountedSince > ''",
    ...(ofService ? [ofService.text] : []),
    ...(period
      ? [
          '((c.invitedDay >= @from AND c.invitedDay <= @to) OR (c.answer.answeredDay >= @from AND c.answer.answeredDay <= @to))',
        ]
      : []),
  ];
  const parameters = {
    ...ofService?.parameters,
    ...(period && { '@from': period.from, '@to': period.to }),
  };
  const select =
    'c.pk AS invitationId, c.serviceId, c.invitedDay, c.answer.answeredDay AS answeredDay, c._etag AS etag, c._ts AS writtenAtSeconds';
  yield* surveyPages<Mark>(surveys, select, conditions, parameters, MARKS_AT_ONCE);
}

/** What the sums of a day are made of: the invitations of that day, and those answered on it. */
export async function readDay(
  surveys: Container,
  { serviceId, day }: Pick<DaySums, 'serviceId' | 'day'>,
): Promise<{ invited: Countable[]; answered: Countable[] }> {
  // No texts of the customer: a long comment is not even sent.
  const read = async (member: 'invitedDay' | 'answer.answeredDay') => {
    const select =
      'c.groupId, c.agentId, c.suppressed, c.undeliverableAt, c.answer.suspect, c.answer.answeredAt, c.answer.answers';
    const conditions = ['c.serviceId = @serviceId', `c.${member} = @day`];
    const found: Countable[] = [];
    const pages = surveyPages<Row>(
      surveys,
      select,
      conditions,
      { '@serviceId': serviceId, '@day': day },
      1000,
    );
    for await (const page of pages) found.push(...page.map(toCountable));
    return found;
  };
  const [invited, answered] = await Promise.all([read('invitedDay'), read('answer.answeredDay')]);
  return { invited, answered };
}

type Row = Omit<Countable, 'answer'> & Partial<NonNullable<Countable['answer']>>;

function toCountable({ suspect, answeredAt, answers, ...rest }: Row): Countable {
  const answer = answers === undefined ? null : { suspect: suspect === true, answeredAt, answers };
  return { ...rest, answer };
}

/** The ETag of a day's sums; undefined when there are none. One point read. */
export async function findSumsEtag(
  surveys: Container,
  { serviceId, day }: Pick<DaySums, 'serviceId' | 'day'>,
): Promise<string | undefined> {
  const item = surveys.item(day, partitionOf(serviceId));
  const { resource } = await request('read sums', () => item.read<{ id: string }>());
  return resource?._etag;
}

/**
 * Writes the sums of a day in the place of those that had `etag` (undefined: there were none).
 * @returns whether they are written; not when others were written since
 * @throws MaloteError `dependency_unavailable`; `too_large` for more agents than a day can have
 */
export async function writeSums(
  surveys: Container,
  sums: DaySums,
  etag: string | undefined,
): Promise<boolean> {
  const item = { id: sums.day, pk: partitionOf(sums.serviceId), kind: 'sums', ...sums };
  return unlessChanged('write sums', () =>
    etag === undefined
      ? surveys.items.create(item)
      : surveys
          .item(item.id, item.pk)
          .replace(item, { accessCondition: { type: 'IfMatch', condition: etag } }),
  );
}

/** What is read of a day: all of it together, or its cells. */
type SumsPart = 'total' | 'cells';

/** The sums of some days of a service, in any order. One query. */
export async function listSums<Part extends SumsPart>(
  surveys: Container,
  serviceId: ServiceId,
  { from, to }: DayPeriod,
  part: Part,
): Promise<Pick<DaySums, 'day' | 'questions' | Part>[]> {
  return queryPartition(surveys, 'read sums', partitionOf(serviceId), {
    text: `SELECT c.day, c.questions, c.${part} FROM c WHERE c.kind = 'sums' AND c.day >= @from AND c.day <= @to`,
    parameters: { '@from': from, '@to': to },
  });
}

/** Takes the mark from an invitation that is still as it was; one that was changed keeps it. @returns whether it is taken */
export function clearMark(surveys: Container, { invitationId, etag }: Mark): Promise<boolean> {
  const item = surveys.item('invitation', invitationId);
  return unlessChanged('note what is counted', () =>
    item.patch([{ op: 'remove', path: '/uncountedSince' }], {
      accessCondition: { type: 'IfMatch', condition: etag },
    }),
  );
}

async function unlessChanged(what: string, write: () => Promise<unknown>): Promise<boolean> {
  return request(what, write).then(
    () => true,
    error => {
      const isChanged =
        error instanceof MaloteError && ['conflict', 'precondition_failed', 'not_found'].includes(error.code);
      if (!isChanged) throw error;
      return false;
    },
  );
}

function partitionOf(serviceId: ServiceId): string {
  return `sums:${serviceId}`;
}
