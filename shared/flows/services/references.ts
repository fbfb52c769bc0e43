// How groups, schedules and forms are created, replaced and deleted; one that a service names stays.
import { randomUUID } from 'node:crypto';
import type { Stored } from '../../azure/cosmos.ts';
import type { Pending } from '../../azure/outbox.ts';
import {
  createReference,
  deleteReference,
  findReference,
  type Named,
  type ReferenceItem,
  readUse,
  replaceReference,
} from '../../azure/references-store.ts';
import { namesOfServicesWith } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { type AuditEntry, auditEntry } from '../../domain/audit.ts';
import { changesBetween } from '../../domain/changes.ts';
import { changedMeanwhile, requireAbsence, requireMatch } from '../../domain/precondition.ts';
import { inPlaceOf, type Reference, type ReferenceKind, type References } from '../../domain/reference.ts';
import { MaloteError } from '../../errors.ts';
import { type ChangeRequest, retryUntilWritten } from './change.ts';
import { deliverSoon } from './outbox.ts';

/**
 * Creates one of a kind, or replaces the one that has its id.
 * @param ifMatch needed to replace: the ETag of the one that is there
 * @throws MaloteError `precondition_required`, `malformed_parameter`, `precondition_failed`
 */
export async function putReference<K extends ReferenceKind>(
  clients: Clients,
  kind: K,
  written: References[K],
  ifMatch: string | undefined,
  request: ChangeRequest,
): Promise<{ record: References[K]; etag: string; created: boolean }> {
  const { catalog } = clients.database;
  const before = await findReference(catalog, kind, written.id);
  if (before === undefined) requireAbsence(ifMatch);
  else requireMatch(ifMatch, before.etag);
  const record = before ? inPlaceOf(kind, before.value.record, written) : written;
  const pending = pendingChange(kind, before?.value.record, record, request);
  const committed =
    before === undefined
      ? await createReference(catalog, kind, record, pending)
      : await replaceReference(catalog, before, record, pending);
  if (!('etag' in committed)) throw changedMeanwhile();
  await deliverSoon(clients, pending, request.log);
  return { record, etag: committed.etag, created: before === undefined };
}

/** One of a kind with its ETag. @throws MaloteError `not_found` */
export async function getReference<K extends ReferenceKind>(
  clients: Clients,
  kind: K,
  id: string,
): Promise<Stored<ReferenceItem<K>>> {
  const found = await findReference(clients.database.catalog, kind, id);
  if (found === undefined) throw new MaloteError('not_found', `There is no ${kind} "${id}".`);
  return found;
}

/**
 * Deletes what no service names.
 * @throws MaloteError `not_found`, `precondition_required`, `precondition_failed`, `conflict` naming the services
 */
export async function removeReference(
  clients: Clients,
  named: Named,
  ifMatch: string | undefined,
  request: ChangeRequest,
): Promise<void> {
  const { catalog } = clients.database;
  const pending = await retryUntilWritten(async () => {
    const before = await getReference(clients, named.kind, named.id);
    requireMatch(ifMatch, before.etag);
    // In this order: whoever takes it into use after the first read is noticed by the deletion.
    const use = await readUse(catalog, named);
    const names = await namesOfServicesWith(catalog, named);
    if (names.length > 0) throw inUse(named, names);
    const change = pendingChange(named.kind, before.value.record, undefined, request);
    const written = await deleteReference(catalog, named, before.etag, use ?? '', change);
    if ('etag' in written) return change;
    if (written.refusedIndex === 0) throw changedMeanwhile();
    return 'blocked';
  });
  await deliverSoon(clients, pending, request.log);
}

function inUse({ kind }: Named, names: string[]): MaloteError {
  const some = names
    .slice(0, 10)
    .map(name => `"${name}"`)
    .join(', ');
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  const otherwise = kind === 'form' ? '' : ', or make it obsolete';
  return new MaloteError(
    'conflict',
    `The ${kind} is named by ${some}${more}. Take it out of these services first${otherwise}.`,
  );
}

/** They are no concern of the platform's events: it owns them. */
function pendingChange(
  kind: ReferenceKind,
  before: Reference | undefined,
  after: Reference | undefined,
  { actor, now }: ChangeRequest,
): Pending {
  const action: AuditEntry['action'] = !before ? 'created' : after ? 'updated' : 'deleted';
  const changes = changesBetween(before, after);
  const target = (after ?? before)?.id ?? '';
  return {
    audit: auditEntry({ id: randomUUID(), who: actor, action, kind, target, changes }, now),
    event: null,
  };
}
