// What is asked for at every turn and hardly ever changes: general settings, groups, schedules, forms, our own addresses.
import type { Container } from '@azure/cosmos';
import type { Form } from '../domain/form/form.ts';
import type { Group } from '../domain/group.ts';
import type { Schedule } from '../domain/schedule/schedule.ts';
import type { Settings } from '../domain/settings.ts';
import { readAllReferences } from './references-store.ts';
import { type ActiveService, findServicesVersion, listActiveServices } from './services-store.ts';
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

/** What is read with `now`, as it is or was at most a minute before. */
export type Kept<T> = (now: Date) => Promise<T>;

/** The directory: with ten thousand services it costs a thousand times what else a fetch reads. */
export function openDirectory(catalog: Container, readActive: Kept<ActiveService[]>): Kept<Directory> {
  return keptForAMinute(now => readDirectory(catalog, readActive, now));
}

/** As long as this they are read at most without a look at all of them. */
const KEPT_UNCHANGED_MS = 3_600_000;

/**
 * All active services, as they are. With ten thousand they are 3,000 RU to read, so they are read when a service was changed, by
 * whatever process, and once an hour in case that somebody changed one without saying so; else it is one point read.
 */
export function openActiveServices(catalog: Container): Kept<ActiveService[]> {
  let kept: { since: number; version: string; services: ActiveService[] } | undefined;
  return async now => {
    // Before the services: what is changed in between is then seen the next time.
    const version = await findServicesVersion(catalog);
    const age = now.getTime() - (kept?.since ?? 0);
    if (kept && kept.version === version && age >= 0 && age < KEPT_UNCHANGED_MS) return kept.services;
    const services = await listActiveServices(catalog);
    kept = { since: now.getTime(), version, services };
    return services;
  };
}

/** The general settings alone: who opens a page waits for nothing else. */
export function openSettings(catalog: Container): Kept<Branded> {
  return keptForAMinute(async () => (await readBranded(catalog)).value);
}

/** Reads something, and keeps it for a minute. Who asks at the same time shares one reading; one that failed is not kept. */
function keptForAMinute<T>(read: Kept<T>): Kept<T> {
  let kept: { since: number; value: Promise<T> } | undefined;
  return now => {
    const age = now.getTime() - (kept?.since ?? 0);
    // Younger than nothing: a clock was set back.
    if (kept && age >= 0 && age < KEPT_MS) return kept.value;
    const reading = { since: now.getTime(), value: read(now) };
    reading.value.catch(() => {
      if (kept === reading) kept = undefined;
    });
    kept = reading;
    return reading.value;
  };
}

async function readDirectory(
  catalog: Container,
  readActive: Kept<ActiveService[]>,
  now: Date,
): Promise<Directory> {
  const [settings, groups, schedules, forms, active] = await Promise.all([
    readSettings(catalog),
    readAllReferences(catalog, 'group'),
    readAllReferences(catalog, 'schedule'),
    readAllReferences(catalog, 'form'),
    readActive(now),
  ]);
  const addresses = [...new Set(active.map(({ address }) => address))];
  return { settings: settings.value, groups, schedules, forms, addresses };
}
