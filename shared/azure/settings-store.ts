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
  upserting,
} from './catalog.ts';
import type { Stored } from './cosmos.ts';
import { enqueue, type Pending } from './outbox.ts';

/** The settings with the logo that was fetched when its address was written, by its digest. */
export type Branded = {
  settings: Settings;
  logo: string | null;
  /** What else is kept with them; nothing of this release. */
  besides: object;
};

/** An image that browsers show; its digest names it. */
export type Logo = { digest: string; type: string; bytes: Buffer };

type SettingsItem = CatalogItem & { kind: 'settings'; settings: Settings; logo?: string | null };
type LogoItem = CatalogItem & { kind: 'logo'; type: string; base64: string };

/** The ETag of settings that nobody has written yet. */
const unwritten = '"unwritten"';

/** The general settings; the defaults until they are written. One point read. */
export async function readSettings(catalog: Container): Promise<Stored<Settings>> {
  const { value, etag } = await readBranded(catalog);
  return { value: value.settings, etag };
}

/** The same, with the logo. One point read. */
export async function readBranded(catalog: Container): Promise<Stored<Branded>> {
  const found = await findItem<SettingsItem>(catalog, 'settings');
  if (found === undefined)
    return { value: { settings: defaultSettings, logo: null, besides: {} }, etag: unwritten };
  const { settings: written, logo = null, ...besides } = found.value;
  const branding = { ...defaultSettings.branding, ...written.branding };
  const settings = { ...defaultSettings, ...written, branding };
  return { value: { settings, logo, besides }, etag: found.etag };
}

/**
 * Writes the settings in the place of those that were read; refused when they are others by now.
 * @param logo the digest of one that is kept already, or another; those that were before stay, for pages that show them
 */
export async function writeSettings(
  catalog: Container,
  { value: { besides }, etag }: Stored<Branded>,
  { settings, logo }: { settings: Settings; logo: string | Logo | null },
  pending: Pending,
): Promise<Committed> {
  const digest = typeof logo === 'object' ? (logo?.digest ?? null) : logo;
  const item: SettingsItem = {
    ...besides,
    id: 'settings',
    pk: catalogPartition,
    kind: 'settings',
    settings,
    logo: digest,
  };
  const write = etag === unwritten ? creating(item) : replacing(item, etag);
  const image = logo !== null && typeof logo === 'object' ? [upserting(toItem(logo))] : [];
  return commit(catalog, [write, enqueue(pending), ...image]);
}

/** A logo by its digest; undefined when no settings ever had it. One point read. */
export async function findLogo(catalog: Container, digest: string): Promise<Logo | undefined> {
  if (!/^[0-9a-f]{32}$/.test(digest)) return undefined;
  const found = await findItem<LogoItem>(catalog, `logo:${digest}`);
  return found && { digest, type: found.value.type, bytes: Buffer.from(found.value.base64, 'base64') };
}

function toItem({ digest, type, bytes }: Logo): LogoItem {
  return { id: `logo:${digest}`, pk: catalogPartition, kind: 'logo', type, base64: bytes.toString('base64') };
}
