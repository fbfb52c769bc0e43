// What still hangs on each key of the deployment: when nothing does, a former one may be taken away.
import { keyIdsOfSecrets } from '../../azure/services-store.ts';
import { countOpenUnder } from '../../azure/surveys-store.ts';
import type { Clients } from '../../clients.ts';

/** More are not counted: the key has to stay anyway. */
const MOST_COUNTED = 1_000;

export type KeyUses = {
  id: string;
  /** `missing`: something was made under it, and it is not configured. */
  use: 'current' | 'previous' | 'missing';
  /** Links of surveys that a customer may still come back to. */
  openInvitations: number;
  /** Services with a secret that was encrypted under it. */
  services: number;
};

/** @throws MaloteError `dependency_unavailable` */
export async function countKeyUses(
  { config: { secretKeys }, database: { catalog, surveys } }: Pick<Clients, 'config' | 'database'>,
  now: Date,
): Promise<KeyUses[]> {
  const services = countEach((await keyIdsOfSecrets(catalog)).flatMap(ids => [...new Set(ids)]));
  const configured = secretKeys.map(({ id }) => id);
  const invitations = new Map<string, number>();
  for (const id of new Set([...configured, ...services.keys()])) {
    invitations.set(id, await countOpenUnder(surveys, id, now, MOST_COUNTED));
  }
  return [...invitations].map(([id, openInvitations]) => ({
    id,
    use: id === configured[0] ? 'current' : configured.includes(id) ? 'previous' : 'missing',
    openInvitations,
    services: services.get(id) ?? 0,
  }));
}

function countEach(ids: string[]): Map<string, number> {
  return new Map([...Map.groupBy(ids, id => id)].map(([id, all]) => [id, all.length]));
}
