// Where groups live: one item each in the container `catalog`, and beside it one that changes with every use.
import type { Container, OperationInput } from '@azure/cosmos';
import type { Group } from '../domain/group.ts';
import {
  type CatalogItem,
  type Committed,
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
} from './catalog.ts';
import type { Stored } from './cosmos.ts';
import { enqueue, type Pending } from './outbox.ts';

// A service must never be left naming a group that is gone, though the two are changed by different requests. So every
// group has a companion, `uses:group:{id}`, made and deleted with it. A write of a service that names the group replaces
// the companion in the same batch, and fails once it is gone. A deletion reads the companion, then looks for services
// that name the group, and deletes the companion only under the ETag it read: a service written in between moved it.

/** A group as it is kept. */
export type GroupItem = SortedItem & { kind: 'group'; group: Group };

/** A group with its ETag; undefined when there is none. One point read. */
export async function findGroup(catalog: Container, id: string): Promise<Stored<GroupItem> | undefined> {
  return findItem<GroupItem>(catalog, itemId(id));
}

/** Those of the groups that exist, by id. One query. */
export async function findGroups(catalog: Container, ids: readonly string[]): Promise<Map<string, Group>> {
  const items = (await findItems(catalog, ids.map(itemId))) as Stored<GroupItem>[];
  return new Map(items.map(({ value: { group } }): [string, Group] => [group.id, group]));
}

/** Names of all groups, by id. One query. */
export async function groupNamesById(catalog: Container): Promise<Map<string, string>> {
  const rows = await query<{ id: string; name: string }>(
    catalog,
    "SELECT c['group'].id, c['group'].name FROM c WHERE c.pk = @pk AND c.kind = 'group'",
    {},
  );
  return new Map(rows.map(({ id, name }): [string, string] => [id, name]));
}

/** One page of groups by id. */
export async function listGroups(catalog: Container, page: PageRange) {
  return listItems<GroupItem>(catalog, 'group', page);
}

/** Creates a group; refused when it exists. */
export async function createGroup(catalog: Container, group: Group, pending: Pending): Promise<Committed> {
  return commit(catalog, [creating(toItem(group)), creating(companion(group.id)), enqueue(pending)]);
}

/** Replaces a group; refused when its ETag is another now. */
export async function replaceGroup(
  catalog: Container,
  group: Group,
  etag: string,
  pending: Pending,
): Promise<Committed> {
  return commit(catalog, [replacing(toItem(group), etag), enqueue(pending)]);
}

/** The state of a group's use, to be read before looking for services that name it. */
export async function readUse(catalog: Container, id: string): Promise<string | undefined> {
  return (await findItem(catalog, companionId(id)))?.etag;
}

/** Deletes a group; refused when its ETag (index 0) or the state of its use (index 1) is another now. */
export async function deleteGroup(
  catalog: Container,
  { value, etag }: Stored<GroupItem>,
  use: string,
  pending: Pending,
): Promise<Committed> {
  return commit(catalog, [
    deleting(value.id, etag),
    deleting(companionId(value.group.id), use),
    enqueue(pending),
  ]);
}

/** The operation with which a service's write takes a group into use; refused when the group is gone. */
export function touchingGroup(id: string): OperationInput {
  return replacing(companion(id));
}

function toItem(group: Group): GroupItem {
  return { id: itemId(group.id), pk: catalogPartition, kind: 'group', sortKey: group.id, group };
}

function companion(id: string): CatalogItem {
  return { id: companionId(id), pk: catalogPartition, kind: 'uses' };
}

function itemId(id: string): string {
  return `group:${id}`;
}

function companionId(id: string): string {
  return `uses:group:${id}`;
}
