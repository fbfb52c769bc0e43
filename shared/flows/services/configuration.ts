// The configuration as a file: read whole, and made so again here or elsewhere, each record by itself and by the usual ways.
import { isDeepStrictEqual } from 'node:util';
import { findReference, readAllReferences } from '../../azure/references-store.ts';
import { listServices } from '../../azure/services-store.ts';
import { readSettings } from '../../azure/settings-store.ts';
import type { Clients } from '../../clients.ts';
import { changesBetween } from '../../domain/changes.ts';
import { type JsonObject, patchTowards } from '../../domain/merge-patch.ts';
import { type ReferenceKind, readReference, readReferenceId } from '../../domain/reference.ts';
import { refusal } from '../../domain/refusal.ts';
import { toDocument } from '../../domain/service/document.ts';
import type { Service } from '../../domain/service/service.ts';
import { callbackUrlOf, type Settings } from '../../domain/settings.ts';
import { MaloteError } from '../../errors.ts';
import type { ChangeRequest } from './change.ts';
import { configureService, nothingPlanned, type Outcome, type Planned } from './configure-service.ts';
import { putReference } from './references.ts';
import { changeSettings, settingsAfter, settingsDocument } from './settings.ts';

/** Lists of the file, in the order in which one may name another. */
const referenceLists = { schedule: 'schedules', group: 'groups', form: 'forms' } as const;

/** What a file may have; what it lacks stays as it is. */
export type Configuration = {
  settings?: JsonObject | undefined;
  schedules?: JsonObject[] | undefined;
  groups?: JsonObject[] | undefined;
  forms?: JsonObject[] | undefined;
  services?: JsonObject[] | undefined;
};

/** What comes, or would come, of one record; `fields` are those that change. */
export type Configured = { kind: ReferenceKind | 'settings' | 'service'; name: string } & Outcome;

/** The whole configuration, as `applyConfiguration` takes it: no secret is in it, and no id of a service. */
export async function readConfiguration({ config, database: { catalog } }: Clients) {
  const settings = (await readSettings(catalog)).value;
  const [schedules, groups, forms] = await Promise.all([
    readAllReferences(catalog, 'schedule'),
    readAllReferences(catalog, 'group'),
    readAllReferences(catalog, 'form'),
  ]);
  const callbackUrl = callbackUrlOf(settings, config.siteUrl);
  const services: JsonObject[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: Awaited<ReturnType<typeof listServices>> = await listServices(catalog, { after, limit: 200 });
    services.push(...page.items.map(({ value }) => documentOf(value.service, callbackUrl)));
    after = page.next;
  }
  return {
    settings: settingsDocument(settings),
    schedules: [...schedules.values()],
    groups: [...groups.values()],
    forms: [...forms.values()],
    services,
  };
}

/** A service without the callback that is filled in anyway: another deployment has another. */
function documentOf(service: Service, callbackUrl: string): JsonObject {
  const document = toDocument(service);
  const { mailbox } = service;
  if (mailbox.auth.type !== 'oauth' || mailbox.auth.redirectUri !== callbackUrl) return document;
  const { redirectUri: _own, ...auth } = mailbox.auth;
  return toDocument({ ...service, mailbox: { ...mailbox, auth: { ...auth, redirectUri: null } } });
}

/**
 * Makes the configuration what a file says, record by record: schedules, groups and forms by id, services by name. A record
 * becomes what is written of it, and what is not in the file stays. What is refused does not stop the others.
 * @param dryRun only says what would come of it
 * @throws MaloteError `dependency_unavailable`; what was done by then is done, and left when it is repeated
 */
export async function applyConfiguration(
  clients: Clients,
  file: Configuration,
  dryRun: boolean,
  request: ChangeRequest,
): Promise<Configured[]> {
  const { settings } = file;
  const before = (await readSettings(clients.database.catalog)).value;
  const planned = nothingPlanned(before);
  const results: Configured[] = [];
  const take = async (kind: Configured['kind'], name: string, work: () => Promise<Outcome>) =>
    void results.push({ kind, name, ...(await work().catch(refusedFor)) });

  if (settings !== undefined) {
    await take('settings', 'settings', () => configureSettings(clients, settings, planned, dryRun, request));
  }
  for (const kind of Object.keys(referenceLists) as (keyof typeof referenceLists)[]) {
    const seen = new Set<string>();
    for (const written of file[referenceLists[kind]] ?? []) {
      const name = nameIn(written.id);
      await take(kind, name, async () => {
        refuseTwice(seen, name, 'id');
        return configureReference(clients, kind, written, planned, dryRun, request);
      });
    }
  }
  for (const written of file.services ?? []) {
    const work = () => configureService(clients, written, planned, dryRun, request);
    await take('service', nameIn(written.name), work);
  }
  return results;
}

async function configureSettings(
  clients: Clients,
  written: JsonObject,
  planned: Planned,
  dryRun: boolean,
  request: ChangeRequest,
): Promise<Outcome> {
  const before: Settings = planned.settings;
  const patch = patchTowards(settingsDocument(before), written);
  planned.settings = await settingsAfter(clients, before, patch);
  const fields = changesBetween(before, planned.settings).map(({ field }) => field);
  if (fields.length === 0) return { outcome: 'left' };
  if (!dryRun) await changeSettings(clients, patch, '*', request);
  return { outcome: 'changed', fields };
}

async function configureReference<K extends ReferenceKind>(
  clients: Clients,
  kind: K,
  written: JsonObject,
  planned: Planned,
  dryRun: boolean,
  request: ChangeRequest,
): Promise<Outcome> {
  const id = readReferenceId(kind, typeof written.id === 'string' ? written.id : undefined);
  const record = readReference(kind, id, written);
  const found = await findReference(clients.database.catalog, kind, id);
  planned.references[kind].set(id, record);
  if (found && isDeepStrictEqual(found.value.record, record)) return { outcome: 'left' };
  if (!dryRun) await putReference(clients, kind, record, found?.etag, request);
  if (!found) return { outcome: 'created' };
  const fields = changesBetween(found.value.record, record).map(({ field }) => field);
  return { outcome: 'changed', fields };
}

/** Of two records for one thing the second would undo the first. */
function refuseTwice(seen: Set<string>, name: string, field: string): void {
  if (seen.has(name)) throw refusal('invalid', [{ field, message: `${field} is in the file twice.` }]);
  seen.add(name);
}

function nameIn(written: unknown): string {
  return typeof written === 'string' ? written.slice(0, 200) : '';
}

/** What is wrong with one record; what is wrong with us ends all. */
function refusedFor(error: unknown): Outcome {
  if (!(error instanceof MaloteError) || error.code === 'dependency_unavailable') throw error;
  const { code, message, fields } = error;
  return { outcome: 'refused', code, detail: message, ...(fields.length > 0 && { errors: fields }) };
}
