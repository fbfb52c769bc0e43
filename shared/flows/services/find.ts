// Finding services: by a part of their names, or those whose mailbox is in trouble.
import type { PageRange } from '../../azure/catalog.ts';
import { listInTrouble } from '../../azure/mailbox-store.ts';
import { listActiveAmong, listServices } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';

/**
 * One page of services by name.
 * @returns with them where the page ends; undefined when nothing follows
 * @throws MaloteError `dependency_unavailable`
 */
export async function findServices(
  { database: { catalog, mailboxes } }: Pick<Clients, 'database'>,
  { name, failing }: { name?: string | undefined; failing?: 'true' | undefined },
  page: PageRange,
) {
  if (failing === undefined) return listServices(catalog, page, name);
  return listActiveAmong(catalog, await listInTrouble(mailboxes), page, name);
}
