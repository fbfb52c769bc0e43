// Where services live: one item each in the container `catalog`, with its secrets sealed beside it.
import type { Container } from '@azure/cosmos';
import type { ServiceId } from '../domain/mail.ts';
import type { Service } from '../domain/service.ts';
import type { Sealed } from '../secrets.ts';
import { type CatalogItem, findItem, query } from './catalog.ts';
import type { Stored } from './cosmos.ts';

/** A service as it is kept. Instants are RFC 3339 in UTC. */
export type ServiceItem = CatalogItem & {
  kind: 'service';
  service: Service;
  secrets: { password: Sealed };
  createdAt: string;
  updatedAt: string;
};

/** What the timer and the classification of loops need of a service. */
export type ActiveService = { id: ServiceId; pollSeconds: number; address: string };

/** A service with its sealed secrets and its ETag; undefined when there is none. One point read. */
export async function findService(
  catalog: Container,
  id: ServiceId,
): Promise<Stored<ServiceItem> | undefined> {
  return findItem<ServiceItem>(catalog, `service:${id}`);
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
