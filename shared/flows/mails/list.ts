// The mails of the ledger that a search finds, newest first: of one service, or of all of them merged.
import { comparePlaces } from '../../azure/by-instant.ts';
import { findRecords } from '../../azure/ledger.ts';
import { findPlaces, type MailFilter, type MailPlace } from '../../azure/ledger-search.ts';
import { listServiceIds } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { type ServiceId, serviceOf } from '../../domain/ids.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { MaloteError } from '../../errors.ts';

// Each service has a partition of its own in the ledger, and an order over partitions is what the database does badly. So
// each is asked for the places of a page, and only what stands on the page is read. A place is an instant and a key, so that
// pages go on rightly whatever is taken in, and whichever services come or go, between them.

/** One page takes a query for each. */
const MOST_SERVICES = 50;

type Wish = {
  /** Undefined for all services. */
  serviceId: ServiceId | undefined;
  filter: MailFilter;
  /** Where the page before ended. */
  after: MailPlace | undefined;
  limit: number;
};

/**
 * One page of mails.
 * @returns where it ends; undefined when nothing follows
 * @throws MaloteError `malformed_parameter` where there are too many services to list them all
 */
export async function listMails(
  { database: { catalog, ledger } }: Pick<Clients, 'database'>,
  { serviceId, filter, after, limit }: Wish,
): Promise<{ items: LedgerRecord[]; next: MailPlace | undefined }> {
  const services = serviceId === undefined ? await listServiceIds(catalog, MOST_SERVICES + 1) : [serviceId];
  if (services.length > MOST_SERVICES) throw tooMany();
  const range = { limit: limit + 1, after, order: 'newestFirst' } as const;
  const places = await Promise.all(services.map(id => findPlaces(ledger, id, filter, range)));
  const found = places.flat().toSorted(comparePlaces('newestFirst'));
  const page = found.slice(0, limit);
  const onPage = Map.groupBy(page, ({ id }) => serviceOf(id));
  const records = await Promise.all(
    [...onPage].map(([id, places]) =>
      findRecords(
        ledger,
        id,
        places.map(place => place.id),
      ),
    ),
  );
  const byKey = new Map(records.flatMap(some => [...some]));
  return {
    items: page.flatMap(({ id }) => byKey.get(id)?.value ?? []),
    next: found.length > limit ? page.at(-1) : undefined,
  };
}

function tooMany(): MaloteError {
  const message = `serviceId must name a service: there are more than ${MOST_SERVICES}, and the mails of so many are not listed at once.`;
  return new MaloteError('malformed_parameter', message, { fields: [{ field: 'serviceId', message }] });
}
