// Reading a mailbox over Graph: what is asked, how often and how, and what comes back.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { graphGeneration, graphId } from '../../../shared/domain/mail/key.ts';
import type { GraphMailbox } from '../../../shared/domain/service/service.ts';
import type { MaloteError } from '../../../shared/errors.ts';
import { LARGEST_IN_BATCH_BYTES } from '../../../shared/mailboxes/limits.ts';
import type { Session } from '../../../shared/mailboxes/session.ts';
import { useGraph } from '../../local/graph-support.ts';
import { graphMailbox, openSession, withTokens } from '../../support/graph-mailbox.ts';
import { until } from '../../support/until.ts';

const graph = await useGraph();
const app = withTokens(await graph.appToken());
const readFrom = new Date('2026-03-01T00:00:00Z');
let mailboxes = 0;

/** A mailbox of its own for every test. */
function addMailbox(inboxName?: string): string {
  const address = `reader-${++mailboxes}@contoso.example`;
  graph.addMailbox(address, inboxName ? { inboxName } : {});
  return address;
}

function open(address: string, changes: Partial<GraphMailbox> = {}): Promise<Session> {
  return openSession(graph.origin, graphMailbox(address, changes), app);
}

function deliver(
  address: string,
  content: Buffer | string,
  receivedAt = '2026-03-02T00:00:00Z',
  folder = 'inbox',
) {
  return graph.deliver(address, folder, content, { receivedAt: new Date(receivedAt) });
}

function requestsOf(address: string) {
  return graph.log.list().filter(({ mailbox }) => mailbox === address);
}

async function fetchAll(session: Session, ids: string[]): Promise<Map<string, string>> {
  const mails = new Map<string, string>();
  for await (const { id, raw } of session.fetch(ids)) mails.set(id, raw.toString('latin1'));
  return mails;
}

test('an idle poll of an inbox is one request, whatever the inbox is called', async () => {
  const address = addMailbox('Caixa de Entrada');
  const session = await open(address);
  assert.deepEqual(await session.list(readFrom), []);
  assert.equal(session.generation, graphGeneration({ username: address }));
  assert.deepEqual(
    requestsOf(address).map(({ operation }) => operation),
    ['GET messages'],
  );
});

test('the envelope of a mail is told without its MIME', async () => {
  const address = addMailbox();
  await deliver(
    address,
    'From: =?utf-8?Q?Jos=C3=A9?= <jose@example.net>\r\nSubject: =?utf-8?Q?A=C3=A7=C3=A3o?=\r\n\r\n',
  );
  const session = await open(address);
  const [id = ''] = await session.list(readFrom);
  assert.deepEqual(await session.envelope(id), { from: 'jose@example.net', subject: 'Ação' });
  assert.equal(await session.envelope('unknown'), undefined);
  assert.deepEqual(
    requestsOf(address).map(({ operation }) => operation),
    ['GET messages', 'GET message'],
  );
});

test('mails are listed from readFrom on, oldest first, over pages of any length, with dates and sizes', async () => {
  const address = addMailbox();
  const days = [5, 2, 4, 3, 1];
  const delivered = new Map<number, string>();
  for (const day of days)
    delivered.set(day, await deliver(address, 'Subject: x\r\n\r\n', `2026-03-0${day}T12:00:00Z`));
  await deliver(address, 'Subject: old\r\n\r\n', '2026-02-28T23:59:59Z');
  graph.limitPages(2);
  const session = await open(address);
  const ids = await session.list(readFrom);
  graph.limitPages(1000);
  assert.deepEqual(
    ids,
    [1, 2, 3, 4, 5].map(day => graphId(delivered.get(day) ?? '')),
  );
  assert.equal(requestsOf(address).length, 3);
  assert.match(requestsOf(address)[0]?.path ?? '', /top=1000/);
  const [first, ...none] = await session.describe([ids[1] ?? '', 'unknown']);
  assert.deepEqual(none, []);
  assert.equal(first?.receivedAt.toISOString(), '2026-03-02T12:00:00.000Z');
  assert.ok(first && first.sizeBytes > 10);
});

test('mails come as they are, at most four at once, asked for by ids that stay', async () => {
  const address = addMailbox();
  const bodies = Array.from({ length: 30 }, (_, n) => `Subject: ${n}\r\n\r\n${'é\r\n'.repeat(n * 500)}`);
  const sent = await Promise.all(bodies.map(body => deliver(address, body)));
  const session = await open(address);
  const ids = await session.list(readFrom);
  graph.faults.add({ on: `GET $value ${address}`, action: 'delay', delayMs: 20, times: 30 });
  const fetched = await fetchAll(session, ids);
  for (const [n, immutableId] of sent.entries()) {
    assert.equal(fetched.get(graphId(immutableId)), Buffer.from(bodies[n] ?? '').toString('latin1'));
  }
  assert.equal(graph.log.maxInFlight(address), 4);
  const asked = requestsOf(address);
  assert.equal(asked.length, 31);
  assert.ok(asked.every(({ prefer, status }) => prefer === 'IdType="ImmutableId"' && status === 200));
});

test('a mail that is gone is left out and has no stream; one that was moved by hand is still read', async () => {
  const address = addMailbox();
  const gone = await deliver(address, 'Subject: gone\r\n\r\n');
  const moved = await deliver(address, 'Subject: moved\r\n\r\n');
  const session = await open(address);
  const ids = await session.list(readFrom);
  graph.remove(address, gone);
  graph.moveByHand(address, moved, 'archive');
  assert.deepEqual([...(await fetchAll(session, ids)).keys()], [graphId(moved)]);
  assert.equal(await session.stream(graphId(gone)), undefined);
  assert.equal(await session.stream('never-listed'), undefined);
});

test('a mail far larger than planned is left out of a batch, its download ended; a stream has all of it', async () => {
  const address = addMailbox();
  const dir = await mkdtemp(join(tmpdir(), 'malote-graph-'));
  const bytes = randomBytes(LARGEST_IN_BATCH_BYTES + 5_000_000);
  await writeFile(join(dir, 'large'), bytes);
  const receivedAt = new Date('2026-03-02T00:00:00Z');
  const large = await graph.deliver(address, 'inbox', { path: join(dir, 'large') }, { receivedAt });
  const small = await deliver(address, 'Subject: small\r\n\r\n');
  const session = await open(address);
  const ids = await session.list(readFrom);
  assert.deepEqual([...(await fetchAll(session, ids)).keys()], [graphId(small)]);

  const stream = await session.stream(graphId(large));
  assert.ok(stream);
  const hash = createHash('sha256');
  for await (const piece of stream) hash.update(piece);
  assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
  await rm(dir, { recursive: true });
});

test('a stream waits for whoever reads it, and a session that is closed ends it', async () => {
  const address = addMailbox();
  const id = await deliver(address, randomBytes(20_000_000));
  const session = await open(address);
  await session.list(readFrom);
  const stream = await session.stream(graphId(id));
  assert.ok(stream);
  const failed = new Promise<{ code?: string }>(resolve => stream.once('error', resolve));
  stream.once('data', () => stream.pause());
  await until('the first bytes', () => stream.isPaused());
  assert.ok(stream.readableLength < 1_000_000);
  await session.close();
  stream.resume();
  assert.equal((await failed).code, 'connection_lost');
});

for (const action of ['fetch', 'stream'] as const) {
  test(`half a mail is never taken for a whole one: ${action}`, async () => {
    const address = addMailbox();
    const id = graphId(await deliver(address, randomBytes(300_000)));
    const session = await open(address);
    await session.list(readFrom);
    graph.faults.add({ on: `GET $value ${address}`, action: 'dropAfter', times: 1 });
    const reading =
      action === 'fetch' ? fetchAll(session, [id]) : session.stream(id).then(stream => stream?.toArray());
    await assert.rejects(reading, { code: 'connection_lost' });
    assert.equal((await fetchAll(session, [id])).get(id)?.length, 300_000);
  });
}

test('after a failure those under way still come, and no more are asked for', async () => {
  const address = addMailbox();
  for (let n = 0; n < 20; n++) await deliver(address, `Subject: ${n}\r\n\r\n`);
  const session = await open(address);
  const ids = await session.list(readFrom);
  graph.faults.add({ on: `GET $value ${address}`, action: 'drop', times: 1 });
  const came: string[] = [];
  const fetching = async () => {
    for await (const { id } of session.fetch(ids)) came.push(id);
  };
  await assert.rejects(fetching(), { code: 'connection_lost' });
  assert.ok(came.length >= 3 && came.length < 10, `${came.length} mails came`);
});

test('whoever takes one mail and leaves has the rest of the session all the same', async () => {
  const address = addMailbox();
  for (let n = 0; n < 6; n++) await deliver(address, `Subject: ${n}\r\n\r\n`);
  const session = await open(address);
  const ids = await session.list(readFrom);
  for await (const _ of session.fetch(ids)) break;
  assert.equal((await fetchAll(session, ids)).size, 6);
});

test('a folder is found by its path, whatever is in its names', async () => {
  const address = addMailbox('Posteingang');
  const odd = "D'Ávila & Filhos #1/50% + mais";
  for (const folder of [odd, 'inbox/Suporte']) {
    graph.createFolder(address, folder);
    await deliver(address, 'Subject: x\r\n\r\n', undefined, folder);
  }
  for (const folder of [odd, odd.toLowerCase(), 'INBOX/Suporte', 'Posteingang/suporte']) {
    const session = await open(address, { folder });
    assert.equal((await session.list(readFrom)).length, 1, folder);
  }
});

test('a folder is found that has a slash in its name', async () => {
  const address = addMailbox();
  const create = (path: string, displayName: string) =>
    graph.call('POST', `${address}/${path}`, { body: { displayName } });
  const { json: branch } = await create('mailFolders', 'Clientes/Brasil');
  await create(`mailFolders/${branch.id}/childFolders`, '2026/03');
  // A way that leads nowhere.
  graph.createFolder(address, 'Clientes/Chile');
  const session = await open(address, { folder: 'Clientes/Brasil/2026/03' });
  assert.deepEqual(await session.list(readFrom), []);
});

for (const [folder, there] of [
  ['Suporte', /At the top there are "Archive", .*"Vendas"/],
  ['Vendas/2026/Norte', /Below "2026" there are "Sul"\./],
  ['Vendas/2026/Sul/Leste', /Below "Sul" there are none\./],
] as const) {
  test(`a folder that is missing is said, with those that are there: ${folder}`, async () => {
    const address = addMailbox();
    graph.createFolder(address, 'Vendas/2026/Sul');
    await assert.rejects(open(address, { folder }), (error: MaloteError) => {
      assert.equal(error.code, 'folder_missing');
      assert.ok(error.message.includes(`"${folder}"`));
      assert.match(error.cure ?? '', there);
      return true;
    });
  });
}

test('a folder that goes away during a session is folder_missing', async () => {
  const address = addMailbox();
  graph.createFolder(address, 'Vendas');
  const session = await open(address, { folder: 'Vendas' });
  graph.removeFolder(address, 'Vendas');
  await assert.rejects(session.list(readFrom), { code: 'folder_missing' });
});
