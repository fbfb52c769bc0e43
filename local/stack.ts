// Azure on one machine: starts every stand-in and says how the app reaches them.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import entities from '../infra/entities.json' with { type: 'json' };
import { type Blob, startBlob } from './blob/azurite.ts';
import { type Cosmos, startCosmos } from './cosmos/server.ts';
import { type Entra, startEntra } from './entra/issuer.ts';
import { type Graph, startGraph } from './graph/server.ts';
import { type ServiceBus, startServiceBus } from './service-bus/server.ts';
import { type Authority, createAuthority } from './tls.ts';

export type StackPorts = { serviceBus: number; cosmos: number; blob: number; entra: number; graph: number };

export type Stack = {
  authority: Authority;
  serviceBus: ServiceBus;
  cosmos: Cosmos;
  blob: Blob;
  entra: Entra;
  graph: Graph;
  /** The app's settings: the same names that a deployment sets. */
  environment: Record<string, string>;
  close: () => Promise<void>;
};

type Options = {
  /** Where everything is kept; what is there is found again. */
  dir: string;
  /** 0 for any free one. */
  ports: StackPorts;
  /** Where the local authority is kept, when not in `dir`: a process trusts it by NODE_EXTRA_CA_CERTS. */
  tlsDir?: string;
  /** Nothing is kept on disk. */
  inMemory?: boolean;
  /** Of an Azurite that runs already, and is shared. */
  azuritePort?: number | undefined;
};

/** Besides `platform`, a subscription that tools may empty without taking events from anybody. */
const followed = {
  name: 'follow',
  lockDuration: 'PT1M',
  maxDeliveryCount: 10,
  defaultMessageTimeToLive: 'PT10M',
  deadLetteringOnMessageExpiration: false,
};

/** Starts the stand-ins. One that cannot start closes those before it. */
export async function startStack({
  dir,
  ports,
  tlsDir = join(dir, 'tls'),
  inMemory = false,
  azuritePort,
}: Options): Promise<Stack> {
  await mkdir(dir, { recursive: true });
  await using opened = new AsyncDisposableStack();
  const authority = await createAuthority(tlsDir);
  const tls = { cert: authority.certPem, key: authority.keyPem };
  const file = (name: string) => (inMemory ? {} : { file: join(dir, name) });
  const keys = await loadKeys(dir);

  const [topic, ...topics] = entities.serviceBus.topics;
  const subscriptions = [...(topic?.subscriptions ?? []), followed];
  const busEntities = {
    ...entities.serviceBus,
    topics: [...(topic ? [{ ...topic, subscriptions }] : []), ...topics],
  };
  const serviceBus = await startServiceBus({
    port: ports.serviceBus,
    entities: busEntities,
    ...file('service-bus.db'),
  });
  opened.defer(serviceBus.close);
  const cosmos = await startCosmos({
    port: ports.cosmos,
    tls,
    entities: entities.cosmos,
    key: keys.cosmos,
    ...file('cosmos.db'),
  });
  opened.defer(cosmos.close);
  const blob = await startBlob({
    port: ports.blob,
    dir: join(dir, 'blob'),
    inMemory,
    azuritePort,
    containers: entities.blob.containers.map(({ name }) => name),
  });
  opened.defer(blob.close);
  const entra = await startEntra({
    port: ports.entra,
    tls: authority,
    ...(inMemory ? {} : { dir: join(dir, 'entra') }),
  });
  opened.defer(entra.close);
  const { issuer, jwksUri } = entra;
  const graph = await startGraph({ port: ports.graph, tls: authority, issuer, jwksUri });
  opened.defer(graph.close);

  const closing = opened.move();
  return {
    authority,
    serviceBus,
    cosmos,
    blob,
    entra,
    graph,
    environment: {
      ServiceBus: serviceBus.connectionString,
      COSMOS_ENDPOINT: cosmos.endpoint,
      COSMOS_KEY: cosmos.key,
      BLOB_CONNECTION_STRING: blob.connectionString,
      ENTRA_ISSUER: issuer,
      ENTRA_AUDIENCE: entra.audience,
      ENTRA_JWKS_URI: jwksUri,
      MICROSOFT_LOGIN_URL: new URL(issuer).origin,
      MICROSOFT_GRAPH_URL: graph.origin,
      SECRET_KEY_CURRENT: `local:${keys.secret}`,
      NODE_EXTRA_CA_CERTS: authority.caFile,
    },
    close: () => closing.disposeAsync(),
  };
}

/** Made once and kept: what they encrypted has to stay readable. */
async function loadKeys(dir: string): Promise<{ cosmos: string; secret: string }> {
  const file = join(dir, 'keys.json');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept);
  const keys = { cosmos: randomBytes(64).toString('base64'), secret: randomBytes(32).toString('base64') };
  await writeFile(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
}
