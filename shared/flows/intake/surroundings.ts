// What events say of a service's surroundings: settings, the names of its groups, all our own addresses.
import { findGroups } from '../../azure/groups-store.ts';
import type { Clients } from '../../clients.ts';
import type { Service } from '../../domain/service/service.ts';
import type { Settings } from '../../domain/settings.ts';

export type Surroundings = {
  settings: Settings;
  /** Names of the service's groups, by id. */
  groupNames: Map<string, string>;
  /** Addresses of all our services: mail from them goes round in circles. */
  ownAddresses: string[];
};

/**
 * The surroundings of a service, as they were at most a minute ago (`azure/directory.ts`). That late an event has a new base
 * address or a group's new name, and mail of a service that was just added is known for our own. The service itself, its own
 * address and a group that was made for it are always as they are now.
 */
export async function readSurroundings(
  { database: { catalog }, readDirectory }: Pick<Clients, 'database' | 'readDirectory'>,
  service: Service,
  now: Date,
): Promise<Surroundings> {
  const { settings, groupNames, addresses } = await readDirectory(now);
  const groupIds = service.groups.map(({ groupId }) => groupId);
  const added = await findGroups(
    catalog,
    groupIds.filter(id => !groupNames.has(id)),
  );
  const nameOf = (id: string) => groupNames.get(id) ?? added.get(id)?.name;
  return {
    settings,
    groupNames: new Map(groupIds.map((id): [string, string] => [id, nameOf(id) ?? id])),
    ownAddresses: [...new Set([...addresses, service.mailbox.address])],
  };
}
