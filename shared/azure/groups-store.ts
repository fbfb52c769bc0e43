// Where groups live: one item each in the container `catalog`.
import type { Container } from '@azure/cosmos';
import type { Group } from '../domain/group.ts';
import { type CatalogItem, findItems } from './catalog.ts';
import type { Stored } from './cosmos.ts';

/** A group as it is kept. */
export type GroupItem = CatalogItem & { kind: 'group'; group: Group };

/** Those of the groups that exist, by id. One query. */
export async function findGroups(catalog: Container, ids: readonly string[]): Promise<Map<string, Group>> {
  const items = await findItems(
    catalog,
    ids.map(id => `group:${id}`),
  );
  return new Map(
    (items as Stored<GroupItem>[]).map(({ value: { group } }): [string, Group] => [group.id, group]),
  );
}
