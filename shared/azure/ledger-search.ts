// Searching the ledger: the places of the mails of one service that a filter finds, in the order in which they came.
import type { Container } from '@azure/cosmos';
import type { MailKey, ServiceId } from '../domain/ids.ts';
import type { MailState } from '../domain/mail/ledger-record.ts';
import type { Classified } from '../domain/mail/search-terms.ts';
import { findByInstant, type Place, type PlaceRange } from './by-instant.ts';
import { query } from './ledger.ts';
import { countOf } from './ledger-counts.ts';

/** Where a mail stands among others: by when it was received, those of one instant by their keys. */
export type MailPlace = Place & { id: MailKey };

/** What is searched for; a mail that is found has all of it. Instants are RFC 3339 in UTC, with milliseconds. */
export type MailFilter = {
  state?: MailState | undefined;
  classification?: Classified | undefined;
  messageIdSha256?: string | undefined;
  /** See domain/mail/search-terms.ts. */
  terms?: readonly string[] | undefined;
  receivedFrom?: string | undefined;
  receivedBefore?: string | undefined;
};

/**
 * Of a service the first `limit` places of mails that a filter finds, after a place. Each condition is served by the index, and a
 * page is charged for the places that it gives: 2.8 RU for the query and 0.3 for each (bench/ledger-search.ts).
 */
export async function findPlaces(
  ledger: Container,
  serviceId: ServiceId,
  filter: MailFilter,
  range: PlaceRange,
): Promise<MailPlace[]> {
  const found = await findByInstant<{ id: MailKey; receivedAt: string }>(
    (condition, select) => query(ledger, serviceId, condition, select),
    conditionOf(filter),
    { instant: 'receivedAt', select: 'c.id, c.receivedAt' },
    range,
  );
  return found.map(({ id, receivedAt }) => ({ id, at: receivedAt }));
}

/** How many mails of a service a filter finds. One query. */
export async function countFound(
  ledger: Container,
  serviceId: ServiceId,
  filter: MailFilter,
): Promise<number> {
  return countOf(await query<number>(ledger, serviceId, conditionOf(filter), 'SELECT VALUE COUNT(1)'));
}

function conditionOf({
  state,
  classification,
  messageIdSha256,
  terms = [],
  receivedFrom,
  receivedBefore,
}: MailFilter) {
  const names = Object.entries({
    '@state': state,
    '@messageId': messageIdSha256,
    '@from': receivedFrom,
    '@before': receivedBefore,
    ...Object.fromEntries(terms.map((term, index) => [`@term${index}`, term])),
  });
  const conditions = [
    "c.kind = 'mail'",
    ...(state === undefined ? [] : ['c.state = @state']),
    ...(messageIdSha256 === undefined ? [] : ['c.messageIdSha256 = @messageId']),
    ...(receivedFrom === undefined ? [] : ['c.receivedAt >= @from']),
    ...(receivedBefore === undefined ? [] : ['c.receivedAt < @before']),
    ...terms.map((_, index) => `ARRAY_CONTAINS(c.terms, @term${index})`),
    ...(classification === undefined ? [] : [classified[classification]]),
  ];
  return {
    text: conditions.join(' AND '),
    parameters: Object.fromEntries(
      names.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  };
}

const classified = {
  person: 'c.automatic = false AND c.bounce = false AND c.loop = false',
  automatic: 'c.automatic = true',
  bounce: 'c.bounce = true',
  loop: 'c.loop = true',
} as const;
