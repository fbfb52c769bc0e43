// Where services live: one item each in the container `catalog`, its secrets sealed beside it, its claims reserved.
import { createHash } from 'node:crypto';
import type { Container, OperationInput } from '@azure/cosmos';
import type { ServiceId } from '../domain/ids.ts';
import { loginKey, nameKey } from '../domain/service/claims.ts';
import type { SecretName, Service } from '../domain/service/service.ts';
import { completeSurvey } from '../domain/service/survey.ts';
import type { Sealed } from '../secrets.ts';
import {
  type CatalogItem,
  catalogPartition,
  commit,
  creating,
  deleting,
  findItem,
  findItems,
  listItems,
  type PageRange,
  query,
  replacing,
  type SortedItem,
  upserting,
} from './catalog.ts';
import { isOneOf, type Stored } from './cosmos.ts';
import { enqueue, type Pending } from './outbox.ts';
import { type Named, touching } from './references-store.ts';

/** The secrets that a service has, encrypted. */
export type SealedSecrets = Partial<Record<SecretName, Sealed>>;

/** A service as it is kept. Instants are RFC 3339 in UTC. */
export type ServiceItem = SortedItem & {
  kind: 'service';
  service: Service;
  secrets: SealedSecrets;
  /** Ids of the reservations that no other service can make while it has them. */
  reservations: { name: string; login: string };
  /** What it names, each once as `{kind}:{id}`, for the query that guards its deletion. */
  names: string[];
  createdAt: string;
  updatedAt: string;
  /** Counts the changes. A mailbox's record knows the last, so that no fetch goes on with other settings. */
  revision: number;
};

type Reservation = CatalogItem & { kind: 'reservation'; serviceId: ServiceId };

/** What the timer needs of a service, and the address that tells mail of our own. */
export type ActiveService = { id: ServiceId; pollSeconds: number; address: string };

/** A service with its sealed secrets and its ETag; undefined when there is none. One point read. */
export async function findService(
  catalog: Container,
  id: ServiceId,
): Promise<Stored<ServiceItem> | undefined> {
  const found = await findItem<ServiceItem>(catalog, itemId(id));
  return found && complete(found);
}

/** Everything that items of older versions lack. */
function complete({ value, etag }: Stored<ServiceItem>): Stored<ServiceItem> {
  const service = { ...value.service, survey: completeSurvey(value.service.survey) };
  return { value: { ...value, service, revision: value.revision ?? 0 }, etag };
}

/** All active services, paged inside the client; only what is needed of each. */
export async function listActiveServices(catalog: Container): Promise<ActiveService[]> {
  return query<ActiveService>(
    catalog,
    `SELECT c.service.id, c.service.pollSeconds, c.service.mailbox.address FROM c
     WHERE c.pk = @pk AND c.kind = 'service' AND c.service.active = true`,
    {},
  );
}

/** What whoever watches needs of a service. */
export type WatchedService = { active: boolean; etag: string } & Pick<Service, 'id'> & {
    clientSecretExpiresAt?: string | null;
    clientCertificateExpiresAt?: string | null;
  };

/** All services, active or not: 0.3 RU each. */
export async function listWatched(catalog: Container): Promise<WatchedService[]> {
  return query<WatchedService>(
    catalog,
    `SELECT c.service.id, c.service.active, c._etag AS etag, c.service.mailbox.auth.clientSecretExpiresAt,
       c.service.mailbox.auth.clientCertificateExpiresAt
     FROM c WHERE c.pk = @pk AND c.kind = 'service'`,
    {},
  );
}

const changesId = 'services-changed';

/** Goes into every transaction that changes a service, so that whoever keeps a list of them sees by one point read that it is old. */
export function changingServices(): OperationInput {
  return upserting({ id: changesId, pk: catalogPartition, kind: changesId });
}

/** A text that is another one after every change of a service. One point read; the first time of all a write. */
export async function findServicesVersion(catalog: Container): Promise<string> {
  const found = await findItem<CatalogItem>(catalog, changesId);
  if (found) return found.etag;
  const begun = await commit(catalog, [changingServices()]);
  return 'etag' in begun ? begun.etag : '';
}

/** Ids of services, active or not, `most` of them. */
export async function listServiceIds(catalog: Container, most: number): Promise<ServiceId[]> {
  return query<ServiceId>(
    catalog,
    `SELECT TOP ${most} VALUE c.service.id FROM c WHERE c.pk = @pk AND c.kind = 'service'`,
    {},
  );
}

/** Ids of the services that name a group, `most` of them. */
export async function listServiceIdsOfGroup(
  catalog: Container,
  groupId: string,
  most: number,
): Promise<ServiceId[]> {
  return query<ServiceId>(
    catalog,
    `SELECT TOP ${most} VALUE c.service.id FROM c
     WHERE c.pk = @pk AND c.kind = 'service' AND ARRAY_CONTAINS(c.names, @named)`,
    { '@named': `group:${groupId}` },
  );
}

/** Names of the active services that ask customers in a survey. */
export async function namesOfSurveyed(catalog: Container): Promise<string[]> {
  return query<string>(
    catalog,
    `SELECT VALUE c.service.name FROM c
     WHERE c.pk = @pk AND c.kind = 'service' AND c.service.active = true AND c.service.survey.type != 'none'`,
    {},
  );
}

/** Of each service the ids of the keys that its secrets are encrypted under. */
export async function keyIdsOfSecrets(catalog: Container): Promise<string[][]> {
  const secrets = await query<SealedSecrets>(
    catalog,
    "SELECT VALUE c.secrets FROM c WHERE c.pk = @pk AND c.kind = 'service'",
    {},
  );
  return secrets.map(each => Object.values(each).map(({ keyId }) => keyId));
}

/** Names of the services, active or not, whose mailbox has an address. @param address lower case */
export async function namesOfServicesAt(catalog: Container, address: string): Promise<string[]> {
  return query<string>(
    catalog,
    `SELECT VALUE c.service.name FROM c
     WHERE c.pk = @pk AND c.kind = 'service' AND LOWER(c.service.mailbox.address) = @address`,
    { '@address': address },
  );
}

/** Names of the services that name a group, schedule or form. */
export async function namesOfServicesWith(catalog: Container, named: Named): Promise<string[]> {
  return query<string>(
    catalog,
    `SELECT VALUE c.service.name FROM c
     WHERE c.pk = @pk AND c.kind = 'service' AND ARRAY_CONTAINS(c.names, @named)`,
    { '@named': `${named.kind}:${named.id}` },
  );
}

/** One page of services by name, those whose names contain a text in whatever case. */
export async function listServices(catalog: Container, page: PageRange, name = '') {
  const condition = { text: 'CONTAINS(c.sortKey, @name)', parameters: { '@name': nameKey(name) } };
  const { items, next } = await listItems<ServiceItem>(
    catalog,
    'service',
    page,
    name === '' ? undefined : condition,
  );
  return { items: items.map(complete), next };
}

/** As many ids as one query names. */
const MOST_IDS = 200;

/** The same of those among these ids that are active. */
export async function listActiveAmong(
  catalog: Container,
  ids: readonly ServiceId[],
  page: PageRange,
  name = '',
) {
  const found: Stored<ServiceItem>[] = [];
  for (let at = 0; at < ids.length; at += MOST_IDS) {
    const { text, parameters } = isOneOf('id', ids.slice(at, at + MOST_IDS).map(itemId));
    const condition = {
      text: `${text} AND c.service.active = true AND CONTAINS(c.sortKey, @name)`,
      parameters: { ...parameters, '@name': nameKey(name) },
    };
    const { items } = await listItems<ServiceItem>(
      catalog,
      'service',
      { ...page, limit: page.limit + 1 },
      condition,
    );
    found.push(...items.map(complete));
  }
  found.sort((one, other) => (one.value.sortKey < other.value.sortKey ? -1 : 1));
  const items = found.slice(0, page.limit);
  return { items, next: found.length > page.limit ? items.at(-1)?.value.sortKey : undefined };
}

/** Which services hold these keys (see domain/service/claims.ts) now. One query. */
export async function findHolders(
  catalog: Container,
  keys: { nameKey: string | undefined; loginKey: string | undefined; destinationKey?: string | undefined },
): Promise<Record<'name' | 'login' | 'destination', ServiceId | undefined>> {
  const name = keys.nameKey && reservationId('name', keys.nameKey);
  const login = keys.loginKey && reservationId('login', keys.loginKey);
  const destination = keys.destinationKey && reservationId('login', keys.destinationKey);
  const found = await findItems(
    catalog,
    [name, login, destination].filter(id => id !== undefined),
  );
  const holder = (id: string | undefined) =>
    (found.find(({ value }) => value.id === id)?.value as Reservation | undefined)?.serviceId;
  return { name: holder(name), login: holder(login), destination: holder(destination) };
}

/** The item of a service, with everything that is derived from it. */
export function toServiceItem(
  service: Service,
  {
    secrets,
    createdAt,
    updatedAt,
    revision,
  }: Pick<ServiceItem, 'secrets' | 'createdAt' | 'updatedAt' | 'revision'>,
): ServiceItem {
  return {
    id: itemId(service.id),
    pk: catalogPartition,
    kind: 'service',
    sortKey: nameKey(service.name),
    service,
    secrets,
    createdAt,
    updatedAt,
    revision,
    reservations: {
      name: reservationId('name', nameKey(service.name)),
      login: reservationId('login', loginKey(service.mailbox)),
    },
    names: namedBy(service).map(({ kind, id }) => `${kind}:${id}`),
  };
}

/**
 * What became of a write: the new ETag; `overtaken` when the item itself changed meanwhile; `blocked` when another
 * service took the name or login meanwhile, or a group was deleted: reading again tells which.
 */
export type Written = { etag: string } | 'overtaken' | 'blocked';

/** Creates a service with its reservations. */
export async function createService(
  catalog: Container,
  item: ServiceItem,
  pending: Pending,
): Promise<Written> {
  const { name, login } = item.reservations;
  return write(catalog, [
    creating(item),
    ...[name, login].map(id => creating(reservation(id, item))),
    ...namedBy(item.service).map(touching),
    enqueue(pending),
  ]);
}

/** Replaces a service that is still as it was read, and moves its reservations where they changed. */
export async function replaceService(
  catalog: Container,
  before: Stored<ServiceItem>,
  item: ServiceItem,
  pending: Pending,
): Promise<Written> {
  const moved = (['name', 'login'] as const).flatMap(kind => {
    const [old, now] = [before.value.reservations[kind], item.reservations[kind]];
    return old === now ? [] : [creating(reservation(now, item)), deleting(old)];
  });
  return write(catalog, [
    replacing(item, before.etag),
    ...moved,
    ...namedBy(item.service).map(touching),
    enqueue(pending),
  ]);
}

/** Deletes a service that is still as it was read, with its reservations. */
export async function deleteService(
  catalog: Container,
  before: Stored<ServiceItem>,
  pending: Pending,
): Promise<Written> {
  const { name, login } = before.value.reservations;
  return write(catalog, [
    deleting(before.value.id, before.etag),
    deleting(name),
    deleting(login),
    enqueue(pending),
  ]);
}

/** What a service names, each once. */
function namedBy({ groups, formId }: Service): Named[] {
  const schedules = groups.flatMap(({ scheduleId }) => scheduleId ?? []);
  return [
    ...groups.map(({ groupId }): Named => ({ kind: 'group', id: groupId })),
    ...[...new Set(schedules)].map((id): Named => ({ kind: 'schedule', id })),
    ...(formId === null ? [] : [{ kind: 'form', id: formId } as const]),
  ];
}

async function write(catalog: Container, operations: OperationInput[]): Promise<Written> {
  const committed = await commit(catalog, [...operations, changingServices()]);
  if ('etag' in committed) return committed;
  return committed.refusedIndex === 0 ? 'overtaken' : 'blocked';
}

function itemId(id: ServiceId): string {
  return `service:${id}`;
}

function reservation(id: string, { service }: ServiceItem): Reservation {
  return { id, pk: catalogPartition, kind: 'reservation', serviceId: service.id };
}

/** A digest, because an item's id may not contain / \ ? # and what is reserved may. */
function reservationId(kind: 'name' | 'login', key: string): string {
  return `${kind}:${createHash('sha256').update(key).digest('hex')}`;
}
