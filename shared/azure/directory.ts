// What is asked for at every turn and hardly ever changes: general settings, groups, schedules, forms, our own addresses.
import type { Container } from '@azure/cosmos';
import type { Form } from '../domain/form/form.ts';
import type { Group } from '../domain/group.ts';
import type { Schedule } from '../domain/schedule/schedule.ts';
import type { Settings } from '../domain/settings.ts';
import { readAllReferences } from './references-store.ts';
import { addressesOfActive } from './services-store.ts';
import { type Branded, readBranded, readSettings } from './settings-store.ts';

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

/** What is read with `now`, as it was at most a minute before. */
export type Kept<T> = (now: Date) => Promise<T>;

/** The directory: with ten thousand services it costs a thousand times what else a fetch reads. */
export function openDirectory(catalog: Container): Kept<Directory> {
  return keptForAMinute(() => readDirectory(catalog));
}

/** The general settings alone: who opens a page waits for nothing else. */
export function openSettings(catalog: Container): Kept<Branded> {
  return keptForAMinute(async () => (await readBranded(catalog)).value);
}

/** Reads something, and keeps it for a minute. Who asks at the same time shares one reading; one that failed is not kept. */
function keptForAMinute<T>(read: () => Promise<T>): Kept<T> {
  let kept: { since: number; value: Promise<T> } | undefined;
  return now => {
    const age = now.getTime() - (kept?.since ?? 0);
    // Younger than nothing: a clock was set back.
    if (kept && age >= 0 && age < KEPT_MS) return kept.value;
    const reading = { since: now.getTime(), value: read() };
    reading.value.catch(() => {
      if (kept === reading) kept = undefined;
    });
    kept = reading;
    return reading.value;
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
