// What the app works with, built once: settings, connections, the parser's threads. The only singleton.
import type { ContainerClient } from '@azure/storage-blob';
import { openMailBlobs } from './azure/blobs.ts';
import { type Bus, openBus } from './azure/bus.ts';
import { type Database, openDatabase } from './azure/cosmos.ts';
import { type Config, readConfig } from './config.ts';
import { createParser, type Parser } from './mime/parser.ts';

export type Clients = {
  config: Config;
  database: Database;
  bus: Bus;
  mails: ContainerClient;
  parser: Parser;
  /** Aborted when the app is being stopped: work ends at the next safe place. */
  stopping: AbortSignal;
};

let current: { clients: Clients; close: () => Promise<void> } | undefined;

/** The clients, made at first use. @throws MaloteError `misconfigured` naming every fault of the settings */
export function getClients(): Clients {
  current ??= openClients(readConfig());
  return current.clients;
}

/** Opens everything that `config` names; nothing connects before it is used. */
export function openClients(config: Config): { clients: Clients; close: () => Promise<void> } {
  const { database, close: closeDatabase } = openDatabase(config.cosmos);
  const bus = openBus(config.serviceBus);
  const parser = createParser({ workers: 2 });
  const stop = new AbortController();
  return {
    clients: { config, database, bus, mails: openMailBlobs(config.blob), parser, stopping: stop.signal },
    close: async () => {
      stop.abort();
      await Promise.all([bus.close(), parser.close()]);
      closeDatabase();
    },
  };
}

/** Closes what was opened; the app is going down. */
export async function closeClients(): Promise<void> {
  await current?.close();
  current = undefined;
}
