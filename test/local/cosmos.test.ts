// The Cosmos stand-in as an account: who may enter, what it holds at start, what survives a restart, what it refuses.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:https';
import test from 'node:test';
import { connect as connectTls } from 'node:tls';
import { ChangeFeedStartFrom, CosmosClient, PartitionKeyKind } from '@azure/cosmos';
import { connect, entities, failureOf, fileNamed, startWithClient } from './cosmos-support.ts';

test('the database and the containers of the entities are there at start', async t => {
  const { database } = await startWithClient(t);
  assert.equal((await database.read()).resource?.id, 'malote');
  const { resource } = await database.container('ledger').read();
  assert.deepEqual(resource?.partitionKey?.paths, ['/serviceId']);
  assert.equal(resource?.defaultTtl, -1);
});

test('a client that does not trust our authority gets no answer', async t => {
  const { endpoint, key } = await startWithClient(t);
  const client = new CosmosClient({
    endpoint,
    key,
    agent: new Agent(),
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  t.after(() => client.dispose());
  await assert.rejects(client.database('malote').read(), /self-signed|unable to verify|local issuer/i);
});

test('another key is refused with 401, and a token of Entra ID is accepted', async t => {
  const { endpoint } = await startWithClient(t);
  const stranger = connect({ endpoint, key: Buffer.from('another key').toString('base64') });
  t.after(stranger.close);
  assert.equal(await failureOf(stranger.client.database('malote').read()), 401);

  const getToken = async () => ({
    token: 'header.claims.signature',
    expiresOnTimestamp: Date.now() + 3_600_000,
  });
  const bearer = connect({ endpoint, aadCredentials: { getToken } });
  t.after(bearer.close);
  const ledger = bearer.client.database('malote').container('ledger');
  assert.equal((await ledger.items.create({ id: 'a', serviceId: 's' })).statusCode, 201);
});

test('a large request is read whole although answers on its connection are still to be read', async t => {
  const { ledger, port } = await startWithClient(t);
  await ledger.items.create({ id: 'long', serviceId: 's', text: 'x'.repeat(1_900_000) });
  const headers = `Host: localhost\r\nauthorization: ${encodeURIComponent('type=aad&ver=1.0&sig=token')}\r\n`;
  const operations = [
    { operationType: 'Create', resourceBody: { id: 'a', serviceId: 's', text: 'y'.repeat(100_000) } },
  ];
  const body = JSON.stringify(operations);
  const partition = 'x-ms-documentdb-partitionkey: ["s"]\r\n';
  const batch = `${partition}x-ms-cosmos-is-batch-request: true\r\nx-ms-cosmos-batch-atomic: true\r\n`;

  // Not verified: what is looked at is how bytes are read.
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write(`GET /dbs/malote/colls/ledger/docs/long HTTP/1.1\r\n${headers}${partition}\r\n`.repeat(8));
  await once(socket, 'readable');
  socket.write(
    `POST /dbs/malote/colls/ledger/docs HTTP/1.1\r\n${headers}${batch}Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  const answerLine = 'HTTP/1.1 200';
  let [answers, end] = [0, ''];
  for await (const chunk of socket) {
    // What is new only: the answers are of 15 MB.
    const seen = end + chunk;
    answers += seen.split(answerLine).length - 1;
    end = seen.slice(1 - answerLine.length);
    if (answers === 9) break;
  }
  assert.equal((await ledger.item('a', 's').read()).statusCode, 200);
});

test('items, their ETags and their order survive a restart', async t => {
  const file = fileNamed('restart.sqlite');
  const before = await startWithClient(t, { file });
  for (const id of ['c', 'a', 'b']) await before.ledger.items.create({ id, serviceId: 's' });
  const { etag } = await before.ledger.item('a', 's').read();
  await before.close();

  const { ledger } = await startWithClient(t, { file });
  assert.equal((await ledger.item('a', 's').read()).etag, etag);
  const { resources } = await ledger.items
    .query('SELECT VALUE c.id FROM c', { partitionKey: 's' })
    .fetchAll();
  assert.deepEqual(resources, ['c', 'a', 'b']);
});

test('a restart takes over a changed time to live, and refuses a changed partition key', async t => {
  const file = fileNamed('redefined.sqlite');
  await (await startWithClient(t, { file })).close();
  const ledger = { name: 'ledger', partitionKey: '/serviceId', defaultTtlSeconds: 60 };
  const changed = await startWithClient(t, { file, entities: { ...entities, containers: [ledger] } });
  assert.equal((await changed.ledger.read()).resource?.defaultTtl, 60);
  await changed.close();

  const moved = { database: 'malote', containers: [{ name: 'ledger', partitionKey: '/other' }] };
  await assert.rejects(
    startWithClient(t, { file, entities: moved }),
    /partition key \/serviceId, now \/other/,
  );
});

test('databases and containers are made and removed as the client asks', async t => {
  const { client } = await startWithClient(t);
  const { database } = await client.databases.createIfNotExists({ id: 'scratch' });
  const definition = { id: 'things', partitionKey: { paths: ['/pk'] } };
  assert.equal((await database.containers.createIfNotExists(definition)).statusCode, 201);
  assert.equal((await database.containers.createIfNotExists(definition)).statusCode, 200);
  assert.equal(await failureOf(database.containers.create(definition)), 409);
  await database.container('things').items.create({ id: 'a', pk: 'p' });
  await database.container('things').delete();
  await database.containers.create(definition);
  assert.equal((await database.container('things').item('a', 'p').read()).statusCode, 404);
  await database.delete();
  assert.equal(await failureOf(database.read()), 404);
});

test('what the product does not rely on is refused with 400 and a message that says what', async t => {
  const { client, database, ledger } = await startWithClient(t);
  const partitionKey = { paths: ['/a', '/b'], kind: PartitionKeyKind.MultiHash, version: 2 };
  const bulkCreate = { operationType: 'Create', partitionKey: 's', resourceBody: { id: 'a' } } as const;
  const changes = ChangeFeedStartFrom.Beginning('s');
  const uniqueKeyPolicy = { uniqueKeys: [{ paths: ['/email'] }] };
  const attempts: [RegExp, () => Promise<unknown>][] = [
    [/partition key of other than one path/, () => database.containers.create({ id: 'x', partitionKey })],
    [/uniqueKeyPolicy/, () => database.containers.create({ id: 'x', uniqueKeyPolicy })],
    [/storedProcedures|sprocs/, () => ledger.scripts.storedProcedures.create({ id: 'p', body: 'x' })],
    [/pkranges/, () => ledger.readPartitionKeyRanges().fetchAll()],
    [/A query of databases/, () => client.databases.query('SELECT * FROM d').fetchAll()],
    [
      /The change feed/,
      () => ledger.items.getChangeFeedIterator({ changeFeedStartFrom: changes }).readNext(),
    ],
    // Bulk requests begin by asking for the ranges, too.
    [/pkranges/, () => ledger.items.bulk([bulkCreate])],
  ];
  for (const [message, attempt] of attempts) {
    await assert.rejects(attempt, message);
    assert.equal(await failureOf(attempt()), 400, String(message));
  }
});
