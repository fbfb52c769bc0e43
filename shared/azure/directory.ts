// What every fetch with work asks for and hardly ever changes: general settings, groups, schedules, forms, our own addresses.
import type { Container } from '@azure/cosmos';
import type { Form } from '../domain/form/form.ts';
import type { Group } from '../domain/group.ts';
import type { Schedule } from '../domain/schedule/schedule.ts';
import type { Settings } from '../domain/settings.ts';
import { readAllReferences } from './references-store.ts';
import { addressesOfActive } from './services-store.ts';
import { readSettings } from './settings-store.ts';

export type Directory = {
  settings: Settings;
  /** All of each kind, by id. */
  groups: Map<string, Group>;
  schedules: Map<string, Schedule>;
  forms: Map<string, Form>;
  /** Of all active services. */
  addresses: string[];
};

/** As long as this a change may go unnoticed. */
const KEPT_MS = 60_000;

/**
 * Reads the directory, and keeps it for a minute: with ten thousand services it costs a thousand times what else a fetch
 * reads. Who asks at the same time shares one reading; one that failed is not kept.
 */
export function openDirectory(catalog: Container): (now: Date) => Promise<Directory> {
  let kept: { since: number; directory: Promise<Directory> } | undefined;
  return now => {
    const age = now.getTime() - (kept?.since ?? 0);
    // Younger than nothing: a clock was set back.
    if (kept && age >= 0 && age < KEPT_MS) return kept.directory;
    const reading = { since: now.getTime(), directory: readDirectory(catalog) };
    reading.directory.catch(() => {
      if (kept === reading) kept = undefined;
    });
    kept = reading;
    return reading.directory;
  };
}

async function readDirectory(catalog: Container): Promise<Directory> {
  const [settings, groups, schedules, forms, addresses] = await Promise.all([
    readSettings(catalog),
    readAllReferences(catalog, 'group'),
    readAllReferences(catalog, 'schedule'),
    readAllReferences(catalog, 'form'),
    addressesOfActive(catalog),
  ]);
  return { settings: settings.value, groups, schedules, forms, addresses: [...new Set(addresses)] };
}
