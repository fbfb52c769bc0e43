// What a container is made of: its partition key and its time to live, and which wishes are refused.
import { badRequest, unsupported } from './cosmos-error.ts';
import { isObject, type Json } from './json.ts';

export type ContainerDefinition = {
  id: string;
  /** Property names leading to the partition key, e.g. `['serviceId']`. */
  partitionKeyPath: readonly string[];
  /** Seconds an item lives. -1: only items with a `ttl` of their own expire; null: none does. */
  defaultTtlSeconds: number | null;
  /** What has an index, as an index policy includes it, e.g. `/answer/answeredDay/?`. Without it everything has. */
  indexedPaths?: readonly string[];
};

/** One container as infra/entities.json names it. */
export type ContainerEntity = {
  name: string;
  partitionKey: string;
  defaultTtlSeconds?: number;
  indexedPaths?: readonly string[];
  /** They make some queries cheaper; that is for the service alone. */
  compositeIndexes?: readonly (readonly string[])[];
};

export function definitionOfEntity(entity: ContainerEntity): ContainerDefinition {
  return {
    id: entity.name,
    partitionKeyPath: readPartitionKeyPath(entity.partitionKey),
    defaultTtlSeconds: entity.defaultTtlSeconds ?? null,
    ...(entity.indexedPaths ? { indexedPaths: entity.indexedPaths } : {}),
  };
}

/** The body of a request that creates a container. An indexing policy is taken and not needed. */
export function readDefinition(body: Json): ContainerDefinition {
  if (!isObject(body)) throw badRequest('A container is created by a JSON object.');
  const { id, partitionKey, defaultTtl, indexingPolicy: _unused, ...others } = body;
  const [other] = Object.keys(others);
  if (other !== undefined) throw unsupported(`Container property '${other}'`);
  if (typeof id !== 'string' || id === '') throw badRequest('A container needs an id.');
  const paths = isObject(partitionKey) ? partitionKey.paths : undefined;
  if (!Array.isArray(paths) || paths.length !== 1)
    throw unsupported('A partition key of other than one path');
  if (defaultTtl !== undefined && !isTtl(defaultTtl))
    throw badRequest('defaultTtl is -1 or a positive integer.');
  return {
    id,
    partitionKeyPath: readPartitionKeyPath(paths[0]),
    defaultTtlSeconds: defaultTtl ?? null,
  };
}

function readPartitionKeyPath(path: Json | undefined): readonly string[] {
  if (typeof path !== 'string' || !/^(\/\w+)+$/.test(path)) throw unsupported(`Partition key path '${path}'`);
  return path.slice(1).split('/');
}

/** -1 is "never"; 0 and fractions are refused by the service. */
export function isTtl(value: Json): value is number {
  return typeof value === 'number' && Number.isInteger(value) && (value === -1 || value > 0);
}

/** The container as the REST API shows it. */
export function describeContainer(definition: ContainerDefinition): Json {
  return {
    id: definition.id,
    partitionKey: { paths: [`/${definition.partitionKeyPath.join('/')}`], kind: 'Hash', version: 2 },
    ...(definition.defaultTtlSeconds === null ? {} : { defaultTtl: definition.defaultTtlSeconds }),
    indexingPolicy: { indexingMode: 'consistent', automatic: true },
    _rid: Buffer.from(definition.id).toString('base64url'),
    _etag: '"00000000-0000-0000-0000-000000000000"',
    _ts: 0,
  };
}
