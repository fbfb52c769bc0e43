// What events say of a service's surroundings: settings, the names of its groups, all our own addresses.
import { findGroups } from '../../azure/groups-store.ts';
import { listActiveServices } from '../../azure/services-store.ts';
import { readSettings } from '../../azure/settings-store.ts';
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

/** Reads them as they are now. Three reads at once. */
export async function readSurroundings(
  { database: { catalog } }: Pick<Clients, 'database'>,
  service: Service,
): Promise<Surroundings> {
  const groupIds = service.groups.map(({ groupId }) => groupId);
  const [settings, groups, active] = await Promise.all([
    readSettings(catalog),
    findGroups(catalog, groupIds),
    listActiveServices(catalog),
  ]);
  return {
    settings: settings.value,
    groupNames: new Map([...groups].map(([id, { name }]): [string, string] => [id, name])),
    ownAddresses: [...new Set([...active.map(({ address }) => address), service.mailbox.address])],
  };
}
