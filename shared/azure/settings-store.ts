// Where the general settings live: one item in the container `catalog`, absent until first written.
import type { Container } from '@azure/cosmos';
import { defaultSettings, type Settings } from '../domain/settings.ts';
import { type CatalogItem, findItem } from './catalog.ts';
import type { Stored } from './cosmos.ts';

/** The settings as they are kept. */
export type SettingsItem = CatalogItem & { kind: 'settings'; settings: Settings };

/** The ETag of settings that nobody has written yet. */
export const unwrittenEtag = '"unwritten"';

/** The general settings; the defaults until they are written. One point read. */
export async function readSettings(catalog: Container): Promise<Stored<Settings>> {
  const found = await findItem<SettingsItem>(catalog, 'settings');
  if (found === undefined) return { value: defaultSettings, etag: unwrittenEtag };
  return { value: { ...defaultSettings, ...found.value.settings }, etag: found.etag };
}
