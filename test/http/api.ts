// The admin API over real HTTP: the app in the local host, with the database, the bus and an issuer of tokens beside it.
import { resolve } from 'node:path';
import entities from '../../infra/entities.json' with { type: 'json' };
import { Faults } from '../../local/faults.ts';
import { startHost } from '../../local/host/host.ts';
import { startServiceBus } from '../../local/service-bus/server.ts';
import type { Database } from '../../shared/azure/cosmos.ts';
import type { SecretKey } from '../../shared/config.ts';
import type { Role } from '../../shared/http/token.ts';
import { startDatabase } from '../azure/services-database.ts';
import { audience, type Issuer, startIssuer } from './issuer.ts';

const root = resolve(import.meta.dirname, '../..');
const usual = ['setup', 'services', 'service-test', 'catalog'];

/** The keys that the app is started with, newest first. */
export const apiKeys = [
  { id: 'k2', key: Buffer.alloc(32, 2) },
  { id: 'k1', key: Buffer.alloc(32, 1) },
] as const satisfies SecretKey[];

const written = ({ id, key }: SecretKey) => `${id}:${key.toString('base64')}`;

export type Answer = {
  status: number;
  headers: Headers;
  etag: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  json: any;
};

export type Call = {
  /** Whose token to send; null sends none. */
  as?: Role | null;
  /** Sent as JSON; a string as it is. */
  body?: unknown;
  ifMatch?: string;
  headers?: Record<string, string>;
};

export type Api = {
  url: string;
  call: (method: string, path: string, call?: Call) => Promise<Answer>;
  issuer: Issuer;
  database: Database;
  databaseFaults: Faults;
  busFaults: Faults;
  busConnection: string;
  /** Everything that was logged. */
  logged: () => string;
  close: () => Promise<void>;
};

/** Starts all of it, with `more` files of functions/. One a process: the Functions library remembers its host. */
export async function startApi(env: Record<string, string> = {}, more: string[] = []): Promise<Api> {
  await using opened = new AsyncDisposableStack();
  const busFaults = new Faults();
  const { database, cosmos } = opened.use(await startDatabase());
  const bus = await startServiceBus({ port: 0, entities: entities.serviceBus, faults: busFaults });
  opened.defer(() => bus.close());
  const issuer = await startIssuer();
  opened.defer(() => issuer.close());
  const lines: string[] = [];
  const host = await startHost({
    appDir: root,
    entryPoints: [...usual, ...more].map(name => `functions/${name}.ts`),
    port: 0,
    env: {
      ServiceBus: bus.connectionString,
      COSMOS_ENDPOINT: cosmos.endpoint,
      COSMOS_KEY: cosmos.key,
      BLOB_ENDPOINT: 'https://127.0.0.1:1/unused',
      ENTRA_ISSUER: issuer.url,
      ENTRA_AUDIENCE: audience,
      SECRET_KEY_CURRENT: written(apiKeys[0]),
      SECRET_KEY_PREVIOUS: written(apiKeys[1]),
      ...env,
    },
    log: record => lines.push(JSON.stringify(record)),
  });
  opened.defer(() => host.close());

  const running = opened.move();
  return {
    url: host.url,
    call: (method, path, call = {}) => send(host.url, issuer, method, path, call),
    issuer,
    database,
    databaseFaults: cosmos.faults,
    busFaults,
    busConnection: bus.connectionString,
    logged: () => lines.join('\n'),
    close: () => running.disposeAsync(),
  };
}

async function send(
  url: string,
  issuer: Issuer,
  method: string,
  path: string,
  { as = 'Admin', body, ifMatch, headers }: Call,
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(as !== null && { authorization: `Bearer ${await issuer.token({ roles: [as] })}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    etag: response.headers.get('etag') ?? '',
    json: text === '' ? undefined : JSON.parse(text),
  };
}

/** A service as a caller would write it; `name` also makes its mailbox another one. */
export function serviceNamed(name: string, groupId: string) {
  return {
    name,
    readFrom: '2026-03-01',
    mailbox: {
      protocol: 'imap',
      address: `${asciiOf(name)}@empresa.com.br`,
      host: 'imap.empresa.com.br',
      tls: 'implicit',
      afterRead: { action: 'move', folder: 'Lidos' },
      auth: { type: 'basic', password: `senha de ${name}` },
    },
    groups: [{ groupId }],
  };
}

function asciiOf(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9 ]/g, '')
    .replaceAll(' ', '-');
}
