// One service of a configuration file: matched by its name, and registered, changed or left; or what would come of that.
import { findHolders } from '../../azure/services-store.ts';
import type { Clients } from '../../clients.ts';
import { readServiceId, type ServiceId } from '../../domain/ids.ts';
import { applyMergePatch, type JsonObject, patchTowards } from '../../domain/merge-patch.ts';
import type { References } from '../../domain/reference.ts';
import { refusal } from '../../domain/refusal.ts';
import { loginKey, nameKey } from '../../domain/service/claims.ts';
import type { ServiceContext } from '../../domain/service/context.ts';
import { type ReadService, readServiceDocument, toDocument } from '../../domain/service/document.ts';
import { withoutRepeated } from '../../domain/service/read-only.ts';
import { callbackUrlOf, type Settings } from '../../domain/settings.ts';
import type { FieldError } from '../../errors.ts';
import { type ChangeRequest, changesOf } from './change.ts';
import {
  changeIn,
  changeService,
  contextOf,
  getService,
  registerService,
  withoutConfirm,
} from './register.ts';

/** What comes, or would come, of one record of the file; `fields` are those that change. */
export type Outcome =
  | { outcome: 'created' | 'left' }
  | { outcome: 'changed'; fields: string[] }
  | { outcome: 'refused'; code: string; detail: string; errors?: FieldError[] };

/** What the file makes of everything else, by which its services are judged before any of it is there. */
export type Planned = {
  settings: Settings;
  references: { [K in keyof References]: Map<string, References[K]> };
  /** Of its services so far. */
  names: Set<string>;
  logins: Map<string, string>;
};

export function nothingPlanned(settings: Settings): Planned {
  const references = { group: new Map(), schedule: new Map(), form: new Map() };
  return { settings, references, names: new Set(), logins: new Map() };
}

const unsaved = readServiceId('unsaved');

/**
 * Makes one service what is written of it; secrets that are not given are kept.
 * @throws MaloteError `invalid`, `conflict` and what else registering and changing throw
 */
export async function configureService(
  clients: Clients,
  written: JsonObject,
  planned: Planned,
  dryRun: boolean,
  request: ChangeRequest,
): Promise<Outcome> {
  const id = await idOf(clients, written, planned);
  if (id === undefined) {
    const rest = withoutConfirm(written);
    const document = applyMergePatch({}, withoutRepeated(rest, {}));
    const context = besides(await contextOf(clients, unsaved, document), planned, clients);
    claim(readServiceDocument(unsaved, document, context), planned);
    if (!dryRun) await registerService(clients, rest, request);
    return { outcome: 'created' };
  }
  const { value: before, etag } = await getService(clients, id);
  const current = toDocument(before.service);
  const patch = patchTowards(current, changeIn(written, before));
  const document = applyMergePatch(current, withoutConfirm(patch));
  const context = besides(await contextOf(clients, id, document, { before, patch }), planned, clients);
  const read = readServiceDocument(id, document, context);
  claim(read, planned);
  const fields = changesOf(before.service, read).map(({ field }) => field);
  if (fields.length === 0) return { outcome: 'left' };
  if (!dryRun) await changeService(clients, id, patch, etag, request);
  else if (patch.confirm !== true) refuseEarlierStart(before.service.readFromAt, read.service.readFromAt);
  return { outcome: 'changed', fields };
}

/** The service that has the name; undefined when none has. */
async function idOf(
  { database }: Clients,
  { name }: JsonObject,
  planned: Planned,
): Promise<ServiceId | undefined> {
  if (typeof name !== 'string') return undefined;
  const key = nameKey(name);
  if (planned.names.has(key))
    throw refusal('invalid', [{ field: 'name', message: 'name is in the file twice.' }]);
  planned.names.add(key);
  return (await findHolders(database.catalog, { nameKey: key, loginKey: undefined })).name;
}

/** The rules' knowledge, with what the file brings. */
function besides(
  context: ServiceContext,
  { settings, references }: Planned,
  { config }: Clients,
): ServiceContext {
  const { group, schedule, form } = references;
  return {
    ...context,
    settings,
    callbackUrl: callbackUrlOf(settings, config.siteUrl),
    groups: new Map([...context.groups, ...group]),
    schedules: new Map([...context.schedules, ...schedule]),
    forms: new Map([...context.forms, ...form]),
  };
}

function claim({ service }: ReadService, { logins }: Planned): void {
  const key = loginKey(service.mailbox);
  const other = logins.get(key);
  if (other !== undefined) {
    const message = `mailbox is read by the service "${other}" of the file too (same host, login and folder).`;
    throw refusal('conflict', [{ field: 'mailbox', message }]);
  }
  logins.set(key, service.name);
}

function refuseEarlierStart(before: string, after: string): void {
  if (after >= before) return;
  const message = `readFrom moves earlier, from ${before} to ${after}, and older mail would enter; give "confirm": true with the service to agree.`;
  throw refusal('invalid', [{ field: 'readFrom', message }]);
}
