// Tidying a mailbox over Graph: what is moved, what is left alone, and what is told of it.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { GraphError } from '../../../local/graph/graph-error.ts';
import { graphId } from '../../../shared/domain/mail/key.ts';
import type { AfterRead, GraphMailbox } from '../../../shared/domain/service/service.ts';
import type { MaloteError } from '../../../shared/errors.ts';
import type { Credential, Session } from '../../../shared/mailboxes/session.ts';
import { useGraph } from '../../local/graph-support.ts';
import { nothingNoted } from '../../support/disposal-notes.ts';
import { graphMailbox, openSession, withTokens } from '../../support/graph-mailbox.ts';
import { until } from '../../support/until.ts';

const graph = await useGraph();
const app = withTokens(await graph.appToken());
const readFrom = new Date('2026-03-01T00:00:00Z');
const move: AfterRead = { action: 'move', folder: 'Processados' };
let mailboxes = 0;

type Setup = {
  address: string;
  session: Session;
  /** Of the reader, oldest first. */
  ids: string[];
  /** Of Graph, in the same order. */
  immutableIds: string[];
  dispose: () => Promise<string[]>;
};

/** A mailbox with mails that were listed, a minute between them, and a folder `Processados`. */
async function setUp(
  mails: number,
  changes: Partial<GraphMailbox> = {},
  credential: Credential = app,
): Promise<Setup> {
  const address = `tidy-${++mailboxes}@contoso.example`;
  const mailbox = graphMailbox(address, { afterRead: move, ...changes });
  graph.addMailbox(address, { inboxName: 'Caixa de Entrada' });
  graph.createFolder(address, 'Processados');
  const immutableIds: string[] = [];
  for (let n = 0; n < mails; n++) {
    const receivedAt = new Date(readFrom.getTime() + n * 60_000);
    immutableIds.push(await graph.deliver(address, 'inbox', `Subject: ${n}\r\n\r\n`, { receivedAt }));
  }
  const session = await openSession(graph.origin, mailbox, credential);
  const ids = await session.list(readFrom);
  graph.log.clear();
  const dispose = async () => (await session.dispose(ids, mailbox.afterRead, nothingNoted)).disposed;
  return { address, session, ids, immutableIds, dispose };
}

function idsIn(address: string, folder: string): string[] {
  return graph.list(address, folder).map(({ immutableId }) => immutableId);
}

function operationsOf(address: string): Record<string, number> {
  const operations = graph.log.list().filter(({ mailbox }) => mailbox === address);
  const grouped = Object.groupBy(operations, ({ operation }) => operation);
  return Object.fromEntries(Object.entries(grouped).map(([name, asked = []]) => [name, asked.length]));
}

/** Refuses what is asked below this path, until the test ends. */
function refuse(t: TestContext, path: string, error: GraphError): void {
  t.mock.method(graph.faults, 'take', () => {
    if (graph.log.list().at(-1)?.path.includes(path)) throw error;
  });
}

async function failureOf(failing: Promise<unknown>): Promise<MaloteError> {
  return failing.then(
    () => assert.fail('Nothing failed.'),
    error => error,
  );
}

test('mails are moved, four at once, after one look at where they are', async () => {
  const { address, dispose, ids, immutableIds } = await setUp(12);
  const four = Promise.withResolvers<void>();
  graph.faults.add({ on: `POST move ${address}`, action: 'delay', until: four.promise, times: 12 });
  const disposing = dispose();
  await until('four to be under way', () => graph.log.maxInFlight(address) === 4);
  four.resolve();
  assert.deepEqual((await disposing).toSorted(), ids.toSorted());
  assert.deepEqual(idsIn(address, 'Processados').toSorted(), immutableIds.toSorted());
  assert.deepEqual(idsIn(address, 'inbox'), []);
  assert.equal(graph.log.maxInFlight(address), 4);
  const asked = operationsOf(address);
  assert.deepEqual(asked, { 'GET mailFolders': 1, 'GET mailFolder': 1, 'GET messages': 1, 'POST move': 12 });
  assert.ok(graph.log.list().every(({ prefer }) => prefer === 'IdType="ImmutableId"'));
});

test('to delete is to move to Deleted Items', async () => {
  const { address, dispose, immutableIds } = await setUp(2, { afterRead: { action: 'delete' } });
  assert.equal((await dispose()).length, 2);
  assert.deepEqual(idsIn(address, 'deleteditems').toSorted(), immutableIds.toSorted());
});

test('what somebody moved away stays where it is now, and is not told to be our doing', async () => {
  const { address, dispose, ids, immutableIds } = await setUp(3);
  const [first = '', second = '', third = ''] = immutableIds;
  graph.moveByHand(address, first, 'archive');
  graph.remove(address, third);
  assert.deepEqual(await dispose(), [ids[1]]);
  assert.deepEqual(idsIn(address, 'archive'), [first]);
  assert.deepEqual(idsIn(address, 'Processados'), [second]);
  assert.equal(operationsOf(address)['POST move'], 1);
});

test('mails of one second are all found again, over several pages', async () => {
  const { address, session } = await setUp(0);
  const receivedAt = new Date('2026-03-05T00:00:00Z');
  for (let n = 0; n < 5; n++) await graph.deliver(address, 'inbox', `Subject: ${n}\r\n\r\n`, { receivedAt });
  graph.limitPages(2);
  const ids = await session.list(readFrom);
  const { disposed } = await session.dispose(ids, move, nothingNoted);
  graph.limitPages(1000);
  assert.equal(disposed.length, 5);
  assert.equal(idsIn(address, 'Processados').length, 5);
});

test('what was moved is told although a later one failed; the next attempt does the rest', async () => {
  const { address, dispose, session, ids } = await setUp(8);
  graph.faults.add({ on: `POST move ${address}`, action: 'delay', delayMs: 1, times: 4 });
  graph.faults.add({ on: `POST move ${address}`, action: 'drop', times: 1 });
  const disposed = await dispose();
  assert.ok(disposed.length >= 4 && disposed.length < 8, `${disposed.length} were moved`);
  assert.equal(idsIn(address, 'Processados').length, disposed.length);
  const rest = (await session.dispose(ids, move, nothingNoted)).disposed;
  assert.ok(rest.every(id => !disposed.includes(id)));
  assert.deepEqual(idsIn(address, 'inbox'), []);
});

for (const [status, code, expected] of [
  [403, 'ErrorAccessDenied', 'disposal_refused'],
  [400, 'ErrorInvalidRequest', 'protocol_violation'],
] as const) {
  test(`a mail that cannot be moved (${status}) keeps no other, and fails for itself the next time`, async t => {
    const { address, dispose, session, ids, immutableIds } = await setUp(20);
    refuse(t, `messages/${encodeURIComponent(immutableIds[2] ?? '')}/move`, new GraphError(status, code, ''));
    assert.equal((await dispose()).length, 19);
    assert.deepEqual(idsIn(address, 'inbox'), [immutableIds[2]]);
    const again = session.dispose(ids.slice(2, 3), move, nothingNoted);
    assert.equal((await failureOf(again)).code, expected);
  });
}

test('where no mail can be moved few are tried', async t => {
  const { address, dispose, immutableIds } = await setUp(20);
  refuse(t, '/move', new GraphError(403, 'ErrorAccessDenied', ''));
  assert.equal((await failureOf(dispose())).code, 'disposal_refused');
  assert.equal(idsIn(address, 'inbox').length, immutableIds.length);
  assert.ok((operationsOf(address)['POST move'] ?? 0) <= 8);
});

test('a move whose answer was lost is done once, and the next list tells that the mail has left', async () => {
  const { address, dispose, session } = await setUp(1);
  graph.faults.add({ on: `POST move ${address}`, action: 'dropAfter', times: 1 });
  assert.equal((await failureOf(dispose())).code, 'connection_lost');
  assert.deepEqual(await dispose(), []);
  assert.deepEqual(await session.list(readFrom), []);
  assert.equal(idsIn(address, 'Processados').length, 1);
});

test('a destination that is missing is said before anything is asked of a mail', async () => {
  const { address, dispose } = await setUp(1, { afterRead: { action: 'move', folder: 'INBOX/Feitos' } });
  graph.createFolder(address, 'inbox/Prontos');
  const { code, message, cure = '' } = await failureOf(dispose());
  assert.deepEqual([code, operationsOf(address)['POST move']], ['destination_missing', undefined]);
  assert.match(message, /"INBOX\/Feitos"/);
  assert.match(cure, /Below "Caixa de Entrada" there are "Prontos"\. Mail goes on being taken in/);
});

for (const [which, folder, afterRead] of [
  ['the inbox under its own name', 'INBOX', { action: 'move', folder: 'Caixa de Entrada' }],
  ['the same folder, otherwise written', 'Processados', { action: 'move', folder: 'PROCESSADOS' }],
  ['Deleted Items, to be deleted from', 'Deleted Items', { action: 'delete' }],
] as const) {
  test(`mail is not moved to the folder that is read: ${which}`, async () => {
    const { address } = await setUp(0);
    const id = await graph.deliver(address, folder === 'INBOX' ? 'inbox' : folder, 'Subject: x\r\n\r\n');
    const mailbox = graphMailbox(address, { folder, afterRead });
    const session = await openSession(graph.origin, mailbox, app);
    assert.deepEqual(await session.list(readFrom), [graphId(id)]);
    const { code, message } = await failureOf(session.dispose([graphId(id)], afterRead, nothingNoted));
    assert.equal(code, 'disposal_refused');
    assert.match(message, /which is the folder that is read/);
  });
}

test('a destination that goes away later is destination_missing', async () => {
  const { address, dispose, session } = await setUp(1);
  await dispose();
  await graph.deliver(address, 'inbox', 'Subject: x\r\n\r\n', {
    receivedAt: new Date('2026-03-07T00:00:00Z'),
  });
  const ids = await session.list(readFrom);
  graph.removeFolder(address, 'Processados');
  assert.equal((await failureOf(session.dispose(ids, move, nothingNoted))).code, 'destination_missing');
  assert.equal(idsIn(address, 'inbox').length, 1);
});

test('whoever may only read is told so, and how to mend it', async () => {
  const reader = withTokens(await graph.appToken({ roles: ['Mail.Read'] }));
  const { dispose } = await setUp(1, {}, reader);
  const { code, cure = '' } = await failureOf(dispose());
  assert.equal(code, 'disposal_refused');
  assert.match(cure, /Mail\.ReadWrite .* instead of Mail\.Read/);
});

test('mails that were never listed are left alone', async () => {
  const { address, session } = await setUp(1);
  assert.deepEqual((await session.dispose(['unknown'], move, nothingNoted)).disposed, []);
  assert.equal(idsIn(address, 'inbox').length, 1);
});
