// Requests about the account, its databases and containers: enough to find one's way and to make what is missing.
// https://learn.microsoft.com/rest/api/cosmos-db/databases
import type { Account } from './account.ts';
import { describeContainer, readDefinition } from './container-definition.ts';
import { badRequest, notFound, unsupported } from './cosmos-error.ts';
import { isObject, type Json } from './json.ts';
import { type Answer, type CosmosRequest, headerOf, isSet, jsonBody } from './operation.ts';

/** A request to a path above the items: `/`, `/dbs`, `/dbs/{id}`, `/dbs/{id}/colls` or `/dbs/{id}/colls/{id}`. */
export function answerAccountRequest(account: Account, request: CosmosRequest): Answer {
  const { method, segments } = request;
  const [, databaseId, , containerId] = segments;
  if (isSet(request, 'x-ms-documentdb-isquery')) throw unsupported('A query of databases or containers');
  if (databaseId === undefined) {
    if (segments.length === 0 && method === 'GET') return answer(200, describeAccount(request));
    if (segments[0] === 'dbs' && method === 'POST') return createDatabase(account, jsonBody(request));
  } else if (segments.length === 2) {
    if (method === 'GET') return readDatabase(account, databaseId);
    if (method === 'DELETE') return deleted(() => account.deleteDatabase(databaseId));
  } else if (containerId === undefined) {
    if (method === 'POST') return createContainer(account, databaseId, jsonBody(request));
  } else if (segments.length === 4) {
    if (method === 'GET') {
      return answer(200, describeContainer(account.container(databaseId, containerId).definition));
    }
    if (method === 'DELETE') return deleted(() => account.deleteContainer(databaseId, containerId));
  }
  throw unsupported(`${method} /${segments.join('/')}`);
}

function answer(status: number, body: Json): Answer {
  return { status, body: JSON.stringify(body) };
}

function deleted(remove: () => void): Answer {
  remove();
  return { status: 204 };
}

/** The SDK sends its requests to the locations it finds here, so they carry the name it used itself. */
function describeAccount(request: CosmosRequest): Json {
  const location = { name: 'Local', databaseAccountEndpoint: `https://${headerOf(request, 'host')}/` };
  return {
    id: 'local',
    _rid: 'local',
    _self: '',
    writableLocations: [location],
    readableLocations: [location],
    enableMultipleWriteLocations: false,
    userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
  };
}

function createDatabase(account: Account, body: Json): Answer {
  const id = isObject(body) ? body.id : undefined;
  if (typeof id !== 'string' || id === '') throw badRequest('A database needs an id.');
  account.createDatabase(id);
  return answer(201, describeDatabase(id));
}

function readDatabase(account: Account, id: string): Answer {
  if (!account.hasDatabase(id)) throw notFound(`Database '${id}'`);
  return answer(200, describeDatabase(id));
}

function describeDatabase(id: string): Json {
  return { id, _rid: Buffer.from(id).toString('base64url'), _self: `dbs/${id}/`, _etag: '"0"', _ts: 0 };
}

function createContainer(account: Account, databaseId: string, body: Json): Answer {
  const definition = readDefinition(body);
  account.createContainer(databaseId, definition);
  return answer(201, describeContainer(definition));
}
