// What the app works with, built once: settings, connections, the parser's threads. The only singleton.
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { ContainerClient } from '@azure/storage-blob';
import { openMailBlobs } from './azure/blobs.ts';
import { type Bus, openBus } from './azure/bus.ts';
import { type Database, openDatabase } from './azure/cosmos.ts';
import {
  type Directory,
  type Kept,
  openActiveServices,
  openDirectory,
  openSettings,
} from './azure/directory.ts';
import type { ActiveService } from './azure/services-store.ts';
import type { Branded } from './azure/settings-store.ts';
import { Budget } from './budget.ts';
import { type Config, readConfig } from './config.ts';
import { sourceOf } from './domain/event/envelope.ts';
import { MaloteError } from './errors.ts';
import type { Parser } from './mime/parser.ts';
import { removeLeftSpools } from './spool-folders.ts';

export type Clients = {
  config: Config;
  database: Database;
  bus: Bus;
  mails: ContainerClient;
  /** What all services share, as it was at most a minute ago. */
  readDirectory: Kept<Directory>;
  /** All active services, as they are. */
  readActiveServices: Kept<ActiveService[]>;
  /** The general settings alone, as they were at most a minute ago. */
  readKeptSettings: Kept<Branded>;
  parser: Parser;
  /** What the mails of all fetches may take up of memory, as they come together, and of the disk, one by one. */
  memory: Budget;
  spool: Budget;
  /** For who asks over HTTP what a mail would become: they wait for each other, and intake for none of them. */
  previewParser: Parser;
  /**
   * Aborted when the app is being stopped: work ends at the next safe place. The host of Azure tells it only when timers
   * and messages have ended, so this cuts nothing short there; slices are short for that reason.
   */
  stopping: AbortSignal;
};

type Opened = { clients: Clients; close: () => Promise<void> };

/** How long a stop waits for jobs to come to a safe place; then they are cut off, which loses nothing. */
const LONGEST_STOP_MS = 4_000;

/** Their raws alone: with what is made of them a batch takes three or four times as much, of an instance's 2 GB. */
const MEMORY_BYTES = 128 * 1024 * 1024;
/** Of what is free on the disk when the app starts: 0.8 GB where it runs by consumption. */
const SPOOL_SHARE = 0.75;

let current: Promise<Opened> | undefined;
const running = new Set<Promise<unknown>>();

/**
 * The clients, made at first use: the SDKs are loaded then, and not when the app starts.
 * @throws MaloteError `misconfigured` naming every fault of the settings
 */
export async function getClients(): Promise<Clients> {
  current ??= openClients().catch(error => {
    current = undefined;
    throw error;
  });
  return (await current).clients;
}

/** Runs a job that a stop waits for. */
export async function tracked<T>(run: () => Promise<T>): Promise<T> {
  const job = run();
  running.add(job);
  try {
    return await job;
  } finally {
    running.delete(job);
  }
}

/** Closes what was opened, once the jobs have come to a safe place; the app is going down. */
export async function closeClients(): Promise<void> {
  const opened = await current?.catch(() => undefined);
  await opened?.close();
  current = undefined;
}

async function openClients(): Promise<Opened> {
  const config = readConfig();
  const source = sourceOf(config.deployment);
  const [{ createParser }, { database, close: closeDatabase }, bus, mails] = await Promise.all([
    import('./mime/parser.ts'),
    by('COSMOS_ENDPOINT', () => openDatabase(config.cosmos)),
    by('ServiceBus', () => openBus(config.serviceBus, { source })),
    by('BLOB_CONNECTION_STRING', () => openMailBlobs(config.blob)),
    removeLeftSpools(tmpdir()),
  ]);
  const parser = createParser({ workers: 2 });
  const previewParser = createParser({ workers: 1 });
  const stop = new AbortController();
  const readActiveServices = openActiveServices(database.catalog);
  return {
    clients: {
      config,
      database,
      bus,
      mails,
      readDirectory: openDirectory(database.catalog, readActiveServices),
      readActiveServices,
      readKeptSettings: openSettings(database.catalog),
      parser,
      previewParser,
      memory: new Budget(MEMORY_BYTES),
      spool: new Budget(freeBytes(tmpdir()) * SPOOL_SHARE),
      stopping: stop.signal,
    },
    close: async () => {
      stop.abort();
      await Promise.race([
        Promise.allSettled(running),
        setTimeout(LONGEST_STOP_MS, undefined, { ref: false }),
      ]);
      await Promise.all([bus.close(), parser.close(), previewParser.close()]);
      closeDatabase();
    },
  };
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Opens what a setting names. The SDKs look at the form of connection strings and addresses only here. */
async function by<T>(setting: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    const message = 'cannot be used; correct its form';
    throw new MaloteError('misconfigured', `${setting}: ${message}`, {
      cause,
      fields: [{ field: setting, message }],
    });
  }
}
