// How a service is registered, changed and removed: checked as a whole, committed at once, told to those concerned.
import { randomBytes } from 'node:crypto';
import type { Stored } from '../../azure/cosmos.ts';
import { findReferences } from '../../azure/references-store.ts';
import {
  createService,
  deleteService,
  findHolders,
  findService,
  replaceService,
  type ServiceItem,
  toServiceItem,
} from '../../azure/services-store.ts';
import { readSettings } from '../../azure/settings-store.ts';
import type { Clients } from '../../clients.ts';
import { readServiceId, type ServiceId, unknownService } from '../../domain/ids.ts';
import { applyMergePatch, type JsonObject } from '../../domain/merge-patch.ts';
import { requireMatch } from '../../domain/precondition.ts';
import { isReferenceId } from '../../domain/reference.ts';
import { claimsOf, loginKey } from '../../domain/service/claims.ts';
import type { ServiceContext } from '../../domain/service/context.ts';
import { readServiceDocument, toDocument } from '../../domain/service/document.ts';
import { readOnlyMembers, withoutRepeated } from '../../domain/service/read-only.ts';
import type { Service } from '../../domain/service/service.ts';
import { callbackUrlOf } from '../../domain/settings.ts';
import { clearedBy, namesOf, sealSecrets } from '../login/secrets.ts';
import { endBeforeRemoval } from './before-removal.ts';
import { type ChangeRequest, changesOf, concludeChange, pendingChange, retryUntilWritten } from './change.ts';
import { confirmEarlierStart } from './confirm-earlier-start.ts';

/**
 * Registers a service from what a caller wrote.
 * @throws MaloteError `invalid` or `conflict` with every fault of the document
 */
export async function registerService(
  clients: Clients,
  written: JsonObject,
  request: ChangeRequest,
): Promise<Stored<ServiceItem>> {
  const { catalog } = clients.database;
  const id = newServiceId();
  // Null means absent, as it does in a change.
  const document = applyMergePatch({}, withoutRepeated(written, {}));
  return retryUntilWritten(async () => {
    const read = readServiceDocument(id, document, await contextOf(clients, id, document));
    const createdAt = request.now.toISOString();
    const item = toServiceItem(read.service, {
      secrets: sealSecrets(clients, id, read.service.mailbox, read.secrets),
      createdAt,
      updatedAt: createdAt,
      revision: 1,
    });
    const pending = pendingChange('created', changesOf(undefined, read), item, request);
    return concludeChange(clients, item, pending, request, await createService(catalog, item, pending));
  });
}

/**
 * Changes a service by a merge patch (RFC 7396). `confirm: true` in the patch agrees to what an earlier `readFrom` lets
 * in; it is not stored. A patch that changes nothing writes nothing.
 * @param ifMatch the ETag of the state that the change is meant for
 * @throws MaloteError `not_found`, `precondition_required`, `precondition_failed`, `invalid`, `conflict`
 */
export async function changeService(
  clients: Clients,
  id: ServiceId,
  patch: JsonObject,
  ifMatch: string | undefined,
  request: ChangeRequest,
): Promise<Stored<ServiceItem>> {
  const { catalog } = clients.database;
  return retryUntilWritten(async () => {
    const before = await getService(clients, id);
    requireMatch(ifMatch, before.etag);
    const { service: current, secrets, createdAt } = before.value;
    const document = applyMergePatch(toDocument(current), changeIn(withoutConfirm(patch), before.value));
    const change = { before: before.value, patch };
    const read = readServiceDocument(id, document, await contextOf(clients, id, document, change));
    const changes = changesOf(current, read);
    if (changes.length === 0) return before;
    const made = toServiceItem(read.service, {
      secrets: sealSecrets(clients, id, read.service.mailbox, read.secrets, secrets),
      createdAt,
      updatedAt: request.now.toISOString(),
      revision: before.value.revision + 1,
    });
    // What a later release keeps besides stays: that release may come back.
    const reservations = { ...before.value.reservations, ...made.reservations };
    const item = { ...before.value, ...made, reservations };
    if (patch.confirm !== true) await confirmEarlierStart(clients, current, item, request.clock);
    const pending = pendingChange('updated', changes, item, request);
    return concludeChange(
      clients,
      item,
      pending,
      request,
      await replaceService(catalog, before, item, pending),
    );
  });
}

/**
 * Removes a service, which is made inactive first: no fetch may add what the count would not know of. What was taken in from
 * it stays in the ledger.
 * @throws MaloteError `not_found`, `precondition_required`, `precondition_failed`, `conflict` while mail of it waits
 */
export async function removeService(
  clients: Clients,
  id: ServiceId,
  ifMatch: string | undefined,
  request: ChangeRequest,
): Promise<void> {
  const inactive = await deactivate(clients, id, ifMatch, request);
  await endBeforeRemoval(clients, id, request.clock);
  await retryUntilWritten(async () => {
    const before = await getService(clients, id);
    requireMatch(inactive, before.etag);
    const { service } = before.value;
    const pending = pendingChange('deleted', changesOf(service, undefined), before.value, request);
    const written = await deleteService(clients.database.catalog, before, pending);
    return concludeChange(clients, before.value, pending, request, written);
  });
}

/** The service made inactive, if it is not. @returns its ETag then */
async function deactivate(
  clients: Clients,
  id: ServiceId,
  ifMatch: string | undefined,
  request: ChangeRequest,
): Promise<string> {
  const before = await getService(clients, id);
  requireMatch(ifMatch, before.etag);
  if (!before.value.service.active) return before.etag;
  return (await changeService(clients, id, { active: false }, ifMatch, request)).etag;
}

/** The service with its ETag. @throws MaloteError `not_found` */
export async function getService(clients: Clients, id: ServiceId): Promise<Stored<ServiceItem>> {
  const found = await findService(clients.database.catalog, id);
  if (found === undefined) throw unknownService(id);
  return found;
}

/** Above what a service may have, below what a query may ask for. */
const MOST_READ = 100;

/** What the rules need to know, as it is now. Five reads at once. */
export async function contextOf(
  { config, database: { catalog } }: Clients,
  id: ServiceId,
  document: JsonObject,
  change?: { before: ServiceItem; patch: JsonObject },
): Promise<ServiceContext> {
  const claims = claimsOf(document);
  // Nothing of the document was checked yet: of ids that are none, or too many, the rules tell.
  const readable = (ids: string[]) => [...new Set(ids.filter(isReferenceId))].slice(0, MOST_READ);
  const [settings, groups, schedules, forms, holders] = await Promise.all([
    readSettings(catalog),
    findReferences(catalog, 'group', readable(claims.groupIds)),
    findReferences(catalog, 'schedule', readable(claims.scheduleIds)),
    findReferences(catalog, 'form', readable(claims.formIds)),
    findHolders(catalog, claims),
  ]);
  const { former } = claims;
  const formerHolders =
    former.loginKey || former.destinationKey ? await findHolders(catalog, former) : undefined;
  // A reservation from before keys named a port counts where its holder reads that very folder.
  const readerOf = async (key: string | undefined, ...ids: (ServiceId | undefined)[]) => {
    const found = await Promise.all(ids.map(id => id && findService(catalog, id)));
    return found
      .flatMap(each => (each ? [each.value.service] : []))
      .find(({ mailbox }) => loginKey(mailbox) === key);
  };
  const holder = holders.login ?? (await readerOf(claims.loginKey, formerHolders?.login))?.id;
  const reader = await readerOf(claims.destinationKey, holders.destination, formerHolders?.destination);
  const other = (holder: ServiceId | undefined) => (holder === id ? undefined : holder);
  return {
    limits: config.mail,
    settings: settings.value,
    groups,
    schedules,
    forms,
    nameHeldBy: other(holders.name),
    loginHeldBy: other(holder),
    returnedBy: reader && movesTo(reader, claims.loginKey) ? other(reader.id) : undefined,
    current: change?.before.service,
    keptSecrets: namesOf(change?.before.secrets ?? {}),
    clearedSecrets: clearedBy(change?.patch ?? {}),
    callbackUrl: callbackUrlOf(settings.value, config.siteUrl),
  };
}

/** Whether a service moves what it reads into the folder with this login key. */
function movesTo({ mailbox }: Service, key: string | undefined): boolean {
  const { afterRead } = mailbox;
  return afterRead.action === 'move' && loginKey({ ...mailbox, folder: afterRead.folder }) === key;
}

/** What a patch changes: not the members that it repeats as they were read. */
export function changeIn(
  patch: JsonObject,
  { service, secrets, createdAt, updatedAt }: ServiceItem,
): JsonObject {
  return withoutRepeated(
    patch,
    readOnlyMembers({ service, createdAt, updatedAt, secretNames: namesOf(secrets) }),
  );
}

/** The patch of the service itself. A `confirm` that is neither true nor false stays, to be refused with the rest. */
export function withoutConfirm(patch: JsonObject): JsonObject {
  const { confirm, ...rest } = patch;
  return confirm === null || typeof confirm === 'boolean' ? rest : patch;
}

/** Twelve characters of base32, 60 random bits: short, and safe in addresses, file names and mail keys. */
function newServiceId(): ServiceId {
  return readServiceId(
    Array.from(randomBytes(12), byte => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32]).join(''),
  );
}
