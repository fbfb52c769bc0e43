// Mails that wait for a supervisor, oldest first: of some services, of a group's, or of all of them merged.
import { findHeldPlaces, findRecords, type HeldPlace } from '../../azure/ledger.ts';
import { listServiceIds, listServiceIdsOfGroup } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { type ServiceId, serviceOf } from '../../domain/ids.ts';
import type { LedgerRecord } from '../../domain/mail/ledger-record.ts';
import { MaloteError } from '../../errors.ts';

// As in flows/mails/list.ts each service's partition is asked for the places of a page. A place is an instant and a key, so that
// pages go on rightly while others decide. A page of 50 costs 37 RU, a service without held mail its query, about 3
// (bench/ledger-search.ts).

/** One page takes a query for each. */
const MOST_SERVICES = 50;

export type HeldWish = {
  serviceId: ServiceId | undefined;
  groupId: string | undefined;
  /** Place of the last mail of the page before; empty for the first. */
  after: string;
  limit: number;
};

/**
 * One page of held mails.
 * @returns where it ends; undefined when nothing follows
 * @throws MaloteError `malformed_parameter` where there are too many services to ask them all
 */
export async function listHeld(
  clients: Pick<Clients, 'database'>,
  { after, limit, ...of }: HeldWish,
): Promise<{ items: LedgerRecord[]; next: string | undefined }> {
  const { ledger } = clients.database;
  const services = await servicesOf(clients, of);
  const places = await Promise.all(
    services.map(id => findHeldPlaces(ledger, id, { after, limit: limit + 1 })),
  );
  const found = places.flat().toSorted(byHeldPlace);
  const page = found.slice(0, limit);
  const onPage = Map.groupBy(page, ({ id }) => serviceOf(id));
  const records = await Promise.all(
    [...onPage].map(([serviceId, some]) =>
      findRecords(
        ledger,
        serviceId,
        some.map(({ id }) => id),
      ),
    ),
  );
  const byKey = new Map(records.flatMap(some => [...some]));
  return {
    // Decided since the place was read: it waits no more.
    items: page.flatMap(({ id }) => {
      const record = byKey.get(id)?.value;
      return record?.state === 'held' ? record : [];
    }),
    next: found.length > limit ? page.at(-1)?.heldPlace : undefined,
  };
}

async function servicesOf(
  { database: { catalog } }: Pick<Clients, 'database'>,
  { serviceId, groupId }: Pick<HeldWish, 'serviceId' | 'groupId'>,
): Promise<ServiceId[]> {
  const most = MOST_SERVICES + 1;
  const ids =
    serviceId !== undefined && groupId === undefined
      ? [serviceId]
      : groupId === undefined
        ? await listServiceIds(catalog, most)
        : await listServiceIdsOfGroup(catalog, groupId, most);
  if (ids.length > MOST_SERVICES) throw tooMany();
  return serviceId === undefined ? ids : ids.filter(id => id === serviceId);
}

function byHeldPlace(a: HeldPlace, b: HeldPlace): number {
  return a.heldPlace < b.heldPlace ? -1 : 1;
}

function tooMany(): MaloteError {
  const message = `serviceId must name a service: there are more than ${MOST_SERVICES}, and the held mails of so many are not listed at once.`;
  return new MaloteError('malformed_parameter', message, { fields: [{ field: 'serviceId', message }] });
}
