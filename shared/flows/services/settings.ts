// How the general settings are changed.
import { randomUUID } from 'node:crypto';
import type { Stored } from '../../azure/cosmos.ts';
import { namesOfSurveyed } from '../../azure/services-store.ts';
import { readBranded, writeSettings } from '../../azure/settings-store.ts';
import type { Clients } from '../../clients.ts';
import { auditEntry } from '../../domain/audit.ts';
import { changesBetween } from '../../domain/changes.ts';
import { applyMergePatch, type JsonObject } from '../../domain/merge-patch.ts';
import { changedMeanwhile, requireMatch } from '../../domain/precondition.ts';
import { refusal } from '../../domain/refusal.ts';
import { readSettingsDocument, type Settings, settingsSchema } from '../../domain/settings.ts';
import { withoutUnknown, withUnknown } from '../../domain/unknown-members.ts';
import type { ChangeRequest } from './change.ts';
import { fetchLogo } from './fetch-logo.ts';
import { deliverSoon } from './outbox.ts';

/**
 * Changes the settings by a merge patch (RFC 7396); what is cleared has its default again. A patch that changes nothing
 * writes nothing.
 * @throws MaloteError `precondition_required`, `precondition_failed`, `invalid` (also for a logo that cannot be had, or is
 *   none); `conflict` when active services with a survey need the `publicUrl` that is to be cleared
 */
export async function changeSettings(
  clients: Clients,
  patch: JsonObject,
  ifMatch: string | undefined,
  { actor, now, log }: ChangeRequest,
): Promise<Stored<Settings>> {
  const { catalog } = clients.database;
  const read = await readBranded(catalog);
  const { value: before, etag } = read;
  requireMatch(ifMatch, etag);
  const settings = await settingsAfter(clients, before.settings, patch);
  const changes = changesBetween(before.settings, settings);
  if (changes.length === 0) return { value: before.settings, etag };
  const { logoUrl } = settings.branding;
  const isSameLogo = logoUrl === before.settings.branding.logoUrl;
  const logo = isSameLogo ? before.logo : logoUrl && (await fetchLogo(logoUrl, clients.config.mail));
  const pending = {
    audit: auditEntry(
      { id: randomUUID(), who: actor, action: 'updated', kind: 'settings', target: 'settings', changes },
      now,
    ),
    event: null,
  };
  const written = await writeSettings(catalog, read, { settings, logo }, pending);
  if (!('etag' in written)) throw changedMeanwhile();
  await deliverSoon(clients, pending, log);
  return { value: settings, etag: written.etag };
}

/**
 * What a patch would make of the settings.
 * @throws MaloteError `invalid`, `conflict` as `changeSettings` does
 */
export async function settingsAfter(
  { database: { catalog } }: Clients,
  before: Settings,
  patch: JsonObject,
): Promise<Settings> {
  const written = readSettingsDocument(applyMergePatch(settingsDocument(before), patch));
  const settings = withUnknown(settingsSchema, before, written);
  if (settings.publicUrl === null && before.publicUrl !== null) {
    refuseIfNeeded(await namesOfSurveyed(catalog));
  }
  return settings;
}

/** The settings as their administrator writes them: what is unset is left out, and what is not known here. */
export function settingsDocument(settings: Settings): JsonObject {
  return applyMergePatch({}, withoutUnknown(settingsSchema, settings as unknown as JsonObject));
}

function refuseIfNeeded(surveyed: string[]): void {
  const [first] = surveyed;
  if (first === undefined) return;
  const message = `publicUrl is needed by ${surveyed.length} active service(s) with a survey, such as "${first}"; deactivate them first.`;
  throw refusal('conflict', [{ field: 'publicUrl', message }]);
}
