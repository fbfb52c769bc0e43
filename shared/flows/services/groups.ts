// How groups are created, replaced and deleted; one that a service names stays.
import { randomUUID } from 'node:crypto';
import type { Stored } from '../../azure/cosmos.ts';
import {
  createGroup,
  deleteGroup,
  findGroup,
  type GroupItem,
  readUse,
  replaceGroup,
} from '../../azure/groups-store.ts';
import type { Pending } from '../../azure/outbox.ts';
import { namesOfServicesWith } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { type AuditEntry, auditEntry } from '../../domain/audit.ts';
import { changesBetween } from '../../domain/changes.ts';
import type { Group } from '../../domain/group.ts';
import { changedMeanwhile, requireAbsence, requireMatch } from '../../domain/precondition.ts';
import { MaloteError } from '../../errors.ts';
import { type ChangeRequest, retryUntilWritten } from './change.ts';
import { deliverSoon } from './outbox.ts';

/**
 * Creates a group, or replaces the one that has its id.
 * @param ifMatch needed to replace: the ETag of the group that is there
 * @throws MaloteError `precondition_required`, `malformed_parameter`, `precondition_failed`
 */
export async function putGroup(
  clients: Clients,
  group: Group,
  ifMatch: string | undefined,
  request: ChangeRequest,
): Promise<{ group: Group; etag: string; created: boolean }> {
  const { catalog } = clients.database;
  const before = await findGroup(catalog, group.id);
  if (before === undefined) requireAbsence(ifMatch);
  else requireMatch(ifMatch, before.etag);
  const action = before === undefined ? 'created' : 'updated';
  const pending = pendingChange(action, before?.value.group, group, request);
  const written =
    before === undefined
      ? await createGroup(catalog, group, pending)
      : await replaceGroup(catalog, group, before.etag, pending);
  if (!('etag' in written)) throw changedMeanwhile();
  await deliverSoon(clients, pending, request.log);
  return { group, etag: written.etag, created: action === 'created' };
}

/** The group with its ETag. @throws MaloteError `not_found` */
export async function getGroup(clients: Clients, id: string): Promise<Stored<GroupItem>> {
  const found = await findGroup(clients.database.catalog, id);
  if (found === undefined) throw new MaloteError('not_found', `There is no group "${id}".`);
  return found;
}

/**
 * Deletes a group that no service names.
 * @throws MaloteError `not_found`, `precondition_required`, `precondition_failed`, `conflict` naming the services
 */
export async function removeGroup(
  clients: Clients,
  id: string,
  ifMatch: string | undefined,
  request: ChangeRequest,
): Promise<void> {
  const { catalog } = clients.database;
  const pending = await retryUntilWritten(async () => {
    const before = await getGroup(clients, id);
    requireMatch(ifMatch, before.etag);
    // In this order: whoever takes the group into use after the first read is noticed by the deletion.
    const use = await readUse(catalog, id);
    const names = await namesOfServicesWith(catalog, id);
    if (names.length > 0) throw inUse(names);
    const change = pendingChange('deleted', before.value.group, undefined, request);
    const written = await deleteGroup(catalog, before, use ?? '', change);
    if ('etag' in written) return change;
    if (written.refusedIndex === 0) throw changedMeanwhile();
    return 'blocked';
  });
  await deliverSoon(clients, pending, request.log);
}

function inUse(names: string[]): MaloteError {
  const some = names
    .slice(0, 10)
    .map(name => `"${name}"`)
    .join(', ');
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return new MaloteError(
    'conflict',
    `The group is named by ${some}${more}. Take it out of these services first, or make it obsolete.`,
  );
}

/** Groups are no concern of the platform's events: it owns them. */
function pendingChange(
  action: AuditEntry['action'],
  before: Group | undefined,
  after: Group | undefined,
  { actor, now }: ChangeRequest,
): Pending {
  const changes = changesBetween(before, after);
  const target = (after ?? before)?.id ?? '';
  return {
    audit: auditEntry({ id: randomUUID(), who: actor, action, kind: 'group', target, changes }, now),
    event: null,
  };
}
