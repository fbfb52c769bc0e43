// Item requests: which operation the method and headers ask for, and how its outcome is answered.
// https://learn.microsoft.com/rest/api/cosmos-db/documents
import { runBatch } from './batch.ts';
import type { Horizon } from './changes.ts';
import type { Container } from './container.ts';
import { badRequest, CosmosError, unsupported } from './cosmos-error.ts';
import { readPartitionKey } from './item-rules.ts';
import {
  createItem,
  deleteItem,
  type Outcome,
  type Preconditions,
  patchItem,
  readItem,
  replaceItem,
  upsertItem,
} from './items.ts';
import { isObject, type Json } from './json.ts';
import { type Answer, type CosmosRequest, headerOf, isSet, jsonBody, type Operation } from './operation.ts';
import { runQuery } from './query.ts';

const partitionKeyHeader = 'x-ms-documentdb-partitionkey';
const continuationHeader = 'x-ms-continuation';

/** Things a request can ask for that would change its meaning, were they passed over. */
const refusedHeaders = {
  'a-im': 'The change feed',
  'x-ms-documentdb-partitionkeyrangeid': 'Addressing a partition key range',
  'x-ms-documentdb-pre-trigger-include': 'A trigger',
  'x-ms-documentdb-post-trigger-include': 'A trigger',
};

/** A request to `.../docs`, or with an id to `.../docs/{id}`. */
export function itemOperation(
  container: Container,
  request: CosmosRequest,
  itemId: string | undefined,
): Operation {
  for (const [header, what] of Object.entries(refusedHeaders)) {
    if (headerOf(request, header) !== undefined) throw unsupported(what);
  }
  const { verb, perform } =
    itemId === undefined ? onFeed(container, request) : onItem(container, request, itemId);
  const seen = seenBy(request);
  return {
    name: `${verb} ${container.definition.id}`,
    perform: () => withSessionToken(container, perform),
    // A replica that lags behind tells nothing new of how far it is.
    performBehind: lagMs => perform({ seen, lagMs }),
  };
}

/** What is done; of a read, as a reader sees it who has come so far. */
type Verb = { verb: string; perform(horizon?: Horizon): Answer };

const sessionTokenHeader = 'x-ms-session-token';

/** The last change that the client knows of: it sends back the token that came with an earlier answer. */
function seenBy(request: CosmosRequest): number {
  return Number(/#(\d+)/.exec(headerOf(request, sessionTokenHeader) ?? '')?.[1] ?? 0);
}

/** How far this answer is, for the client's next request; refusals tell it too, as the service's do. */
function withSessionToken(container: Container, perform: () => Answer): Answer {
  const tell = () => ({
    [sessionTokenHeader]: `0:-1#${container.changes.sequence}`,
    // The container's own id, of eight bytes: the client keeps its tokens by it.
    'x-ms-content-path': Buffer.from(container.table.padEnd(8).slice(-8)).toString('base64'),
  });
  try {
    const answer = perform();
    return { ...answer, headers: { ...answer.headers, ...tell() } };
  } catch (error) {
    if (error instanceof CosmosError) error.headers = tell();
    throw error;
  }
}

function onFeed(container: Container, request: CosmosRequest): Verb {
  if (request.method !== 'POST') throw unsupported('Reading a container without a query');
  if (isSet(request, 'x-ms-cosmos-is-query-plan-request')) {
    // The SDK asks for a plan beside every query, and looks at the answer only when the query itself is refused.
    return { verb: 'plan', perform: () => refuse('A query plan') };
  }
  if (isSet(request, 'x-ms-documentdb-isquery')) {
    return { verb: 'query', perform: horizon => answerQuery(container, request, horizon) };
  }
  if (isSet(request, 'x-ms-cosmos-is-batch-request')) {
    if (!isSet(request, 'x-ms-cosmos-batch-atomic')) throw unsupported('A bulk request');
    return { verb: 'batch', perform: () => answerBatch(container, request) };
  }
  if (isSet(request, 'x-ms-documentdb-is-upsert')) {
    const upsert = () =>
      upsertItem(container, partitionOf(request), jsonBody(request), preconditionsOf(request));
    return { verb: 'upsert', perform: () => answerOutcome(upsert()) };
  }
  const create = () => createItem(container, partitionOf(request), jsonBody(request));
  return { verb: 'create', perform: () => answerOutcome(create()) };
}

function onItem(container: Container, request: CosmosRequest, id: string): Verb {
  const partition = partitionOf(request);
  const conditions = preconditionsOf(request);
  const verb = (name: string, run: (horizon?: Horizon) => Outcome): Verb => ({
    verb: name,
    perform: horizon => answerOutcome(run(horizon)),
  });
  switch (request.method) {
    case 'GET':
      return verb('read', horizon => readItem(container, partition, id, conditions, horizon));
    case 'PUT':
      return verb('replace', () => replaceItem(container, partition, id, jsonBody(request), conditions));
    case 'PATCH':
      return verb('patch', () => patchItem(container, partition, id, jsonBody(request), conditions));
    case 'DELETE':
      return verb('delete', () => deleteItem(container, partition, id, conditions));
    default:
      throw unsupported(`${request.method} on an item`);
  }
}

function refuse(what: string): never {
  throw unsupported(what);
}

function partitionOf(request: CosmosRequest): string {
  const header = headerOf(request, partitionKeyHeader);
  if (header === undefined) throw badRequest('The request names no partition key.');
  return readPartitionKey(header);
}

function preconditionsOf(request: CosmosRequest): Preconditions {
  return { ifMatch: headerOf(request, 'if-match'), ifNoneMatch: headerOf(request, 'if-none-match') };
}

function answerOutcome({ status, charge, etag, item }: Outcome): Answer {
  return {
    status,
    charge,
    headers: etag === undefined ? {} : { etag },
    ...(item === undefined ? {} : { body: item }),
  };
}

function answerBatch(container: Container, request: CosmosRequest): Answer {
  const { status, outcomes } = runBatch(container, partitionOf(request), jsonBody(request));
  const wantsBodies = headerOf(request, 'prefer') !== 'return=minimal';
  const results = outcomes.map(({ status: statusCode, charge: requestCharge, etag, item, message }) => ({
    statusCode,
    requestCharge,
    eTag: etag,
    resourceBody: item === undefined || !wantsBodies ? undefined : JSON.parse(item),
    message,
  }));
  const charge = results.reduce((sum, { requestCharge }) => sum + requestCharge, 0);
  return { status, charge, body: JSON.stringify(results) };
}

function answerQuery(container: Container, request: CosmosRequest, horizon?: Horizon): Answer {
  const { text, parameters } = readQuery(jsonBody(request));
  const partitionKey = headerOf(request, partitionKeyHeader);
  const { documents, charge, continuation } = runQuery(container, {
    text,
    parameters,
    partition: partitionKey === undefined ? undefined : readPartitionKey(partitionKey),
    pageSize: pageSizeOf(request),
    continuation: headerOf(request, continuationHeader),
    horizon,
  });
  return {
    status: 200,
    charge,
    headers: {
      'x-ms-item-count': String(documents.length),
      ...(continuation === undefined ? {} : { [continuationHeader]: continuation }),
    },
    body: `{"_rid":"","Documents":[${documents.join()}],"_count":${documents.length}}`,
  };
}

function readQuery(body: Json): { text: string; parameters: Map<string, Json> } {
  if (!isObject(body) || typeof body.query !== 'string') throw badRequest('The query has no text.');
  const parameters = new Map<string, Json>();
  for (const parameter of Array.isArray(body.parameters) ? body.parameters : []) {
    if (!isObject(parameter) || parameter.value === undefined) throw badRequest('A parameter has no value.');
    parameters.set(String(parameter.name), parameter.value);
  }
  return { text: body.query, parameters };
}

/** 100 unless told; -1 leaves it to the service. */
function pageSizeOf(request: CosmosRequest): number {
  const size = Number(headerOf(request, 'x-ms-max-item-count') ?? 100);
  return size > 0 ? size : 1000;
}
