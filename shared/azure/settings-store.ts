// Where the general settings live: one item in the container `catalog`, absent until first written.
import type { Container } from '@azure/cosmos';
import { defaultSettings, type Settings } from '../domain/settings.ts';
import {
  type CatalogItem,
  type Committed,
  catalogPartition,
  commit,
  creating,
  findItem,
  replacing,
} from './catalog.ts';
import type { Stored } from './cosmos.ts';
import { enqueue, type Pending } from './outbox.ts';

type SettingsItem = CatalogItem & { kind: 'settings'; settings: Settings };

/** The ETag of settings that nobody has written yet. */
const unwritten = '"unwritten"';

/** The general settings; the defaults until they are written. One point read. */
export async function readSettings(catalog: Container): Promise<Stored<Settings>> {
  const found = await findItem<SettingsItem>(catalog, 'settings');
  if (found === undefined) return { value: defaultSettings, etag: unwritten };
  return { value: { ...defaultSettings, ...found.value.settings }, etag: found.etag };
}

/** Writes the settings; refused when they are not as they were read. */
export async function writeSettings(
  catalog: Container,
  settings: Settings,
  etag: string,
  pending: Pending,
): Promise<Committed> {
  const item: SettingsItem = { id: 'settings', pk: catalogPartition, kind: 'settings', settings };
  const write = etag === unwritten ? creating(item) : replacing(item, etag);
  return commit(catalog, [write, enqueue(pending)]);
}
