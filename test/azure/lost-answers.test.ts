// Connections that end before an answer is here: what was asked is asked again, and whoever wrote does not take it for another's.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { createPipelineRequest } from '@azure/core-rest-pipeline';
import { ContainerClient } from '@azure/storage-blob';
import { startBlob } from '../../local/blob/azurite.ts';
import { addToTrail } from '../../shared/azure/audit-store.ts';
import { findText, openMailBlobs, overwriteBlob, replaceBlob, writeOnce } from '../../shared/azure/blobs.ts';
import { query } from '../../shared/azure/catalog.ts';
import { openDatabase } from '../../shared/azure/cosmos.ts';
import { openHttpClient } from '../../shared/azure/http-client.ts';
import { findRecord, findRecords, noteDisposal, recordMails } from '../../shared/azure/ledger.ts';
import { readCounts } from '../../shared/azure/ledger-counts.ts';
import { deleteMailbox, findMailbox, writeMailbox } from '../../shared/azure/mailbox-store.ts';
import { acknowledge, type Pending } from '../../shared/azure/outbox.ts';
import {
  createReference,
  deleteReference,
  findReference,
  listReferences,
  readUse,
  replaceReference,
} from '../../shared/azure/references-store.ts';
import { tellingRepeats } from '../../shared/azure/repeats.ts';
import { addQuestion, findTokens, takeQuestion, writeTokens } from '../../shared/azure/token-store.ts';
import { auditEntry } from '../../shared/domain/audit.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { mailKeyOf } from '../../shared/domain/mail/key.ts';
import { conversationId } from '../../shared/domain/mail/ledger-record.ts';
import { newMailbox } from '../../shared/domain/mailbox/mailbox.ts';
import { MaloteError } from '../../shared/errors.ts';
import { Lease } from '../../shared/flows/intake/lease.ts';
import { createLog } from '../../shared/log.ts';
import { type Cut, startCuttingProxy } from '../support/cutting-proxy.ts';
import { ledgerRecord } from '../support/ledger-record.ts';
import { startDatabase } from './services-database.ts';

const { cosmos, [Symbol.asyncDispose]: closeCosmos } = await startDatabase();
const proxy = await startCuttingProxy(cosmos.port);
const endpoint = `https://127.0.0.1:${proxy.port}/`;
const { database, close } = await openDatabase({ endpoint, key: cosmos.key, database: 'malote' });
after(async () => {
  close();
  await proxy.close();
  await closeCosmos();
});

const { catalog, ledger, mailboxes, audit } = database;
// Short sets need no blob.
const stores = { database, mails: new ContainerClient('http://127.0.0.1:1/unused') };
const now = new Date('2026-11-27T10:00:00Z');
const who = { oid: 'o', name: 'n', role: 'Admin' };
const unique = () => randomUUID().slice(0, 18);
const newService = () => unique() as ServiceId;
const failsWith = (code: string) => (error: unknown) => error instanceof MaloteError && error.code === code;

/** Runs while the next connection that is used is cut; all that was said of requests that were sent again. */
async function cutting<T>(how: Cut, run: () => Promise<T>): Promise<{ result: T; repeated: unknown[] }> {
  // A connection that has been used before is the case: a server ends it while the next request is on its way.
  await findReference(catalog, 'group', 'none');
  const repeated: unknown[] = [];
  const log = createLog((_, line) => repeated.push(JSON.parse(line)));
  proxy.cut(how);
  const result = await tellingRepeats(log, run);
  assert.equal(proxy.left(), 0, 'the connection was not cut');
  return { result, repeated };
}

const repeatedOnce = [{ event: 'requests-repeated', requests: 1 }];

function pending(target: string): Pending {
  const change = { who, action: 'updated', kind: 'group', target } as const;
  return { audit: auditEntry({ id: unique(), ...change, changes: [] }, now), event: null };
}

const outboxOf = ({ audit: { id } }: Pending) =>
  query<string>(catalog, 'SELECT VALUE c.id FROM c WHERE c.pk = @pk AND c.id = @id', {
    '@id': `outbox:${id}`,
  });

const keysOf = (serviceId: ServiceId, count: number) =>
  Array.from({ length: count }, (_, n) => mailKeyOf(serviceId, 'imap/g/1', `${n}`));

function writesOf(serviceId: ServiceId, count: number) {
  return keysOf(serviceId, count).map((id, n) => ({
    record: ledgerRecord({
      id,
      serviceId,
      source: { generation: 'imap/g/1', id: `${n}` },
      receivedAt: now.toISOString(),
    }),
    conversation: {
      id: conversationId(`${n}`),
      serviceId,
      kind: 'conversation' as const,
      key: `${n}`,
      openedBy: id,
    },
  }));
}

const tokensOf = (serviceId: ServiceId, boundTo = 'here') => ({
  id: 'tokens' as const,
  serviceId,
  boundTo,
  cache: null,
  refreshingUntil: null,
  connection: null,
});

for (const how of ['unread', 'unanswered'] as const) {
  describe(`a connection that is reset while a request is ${how}`, () => {
    test('read: found, and said in the log', async () => {
      const group = unique();
      await createReference(
        catalog,
        'group',
        { id: group, name: 'Suporte', obsolete: false },
        pending(group),
      );
      const { result, repeated } = await cutting(how, () => findReference(catalog, 'group', group));
      assert.equal(result?.value.record.name, 'Suporte');
      assert.deepEqual(repeated, repeatedOnce);
    });

    test('query: each row once', async () => {
      const serviceId = newService();
      await recordMails(ledger, serviceId, writesOf(serviceId, 3));
      const { result } = await cutting(how, () => findRecords(ledger, serviceId, keysOf(serviceId, 3)));
      assert.equal(result.size, 3);
    });

    test('create: the entry is there once', async () => {
      const entry = pending('g').audit;
      const { repeated } = await cutting(how, () => addToTrail(audit, entry));
      assert.deepEqual(repeated, repeatedOnce);
      assert.equal((await audit.item(entry.id, entry.month).read()).statusCode, 200);
    });

    test('create: the lease is ours, and can be renewed and given back', async () => {
      const serviceId = newService();
      const dependencies = { stores, clock: () => now, leaseMs: 60_000 };
      const { result: lease } = await cutting(how, () =>
        Lease.take(dependencies, undefined, newMailbox(serviceId), 'us'),
      );
      assert.ok(lease);
      await cutting(how, () => lease.update(mailbox => ({ ...mailbox, takenIn: '1:3' })));
      await cutting(how, () => lease.release(mailbox => ({ ...mailbox, waiting: 2 })));
      const { value } = (await findMailbox(stores, serviceId)) ?? assert.fail();
      assert.deepEqual([value.takenIn, value.waiting, value.lease], ['1:3', 2, null]);
    });

    test('replace: the lease of a mailbox that is known is ours', async () => {
      const serviceId = newService();
      const found = await writeMailbox(stores, newMailbox(serviceId), undefined);
      const dependencies = { stores, clock: () => now, leaseMs: 60_000 };
      const { result } = await cutting(how, () => Lease.take(dependencies, found, found.value, 'us'));
      assert.ok(result);
      await result.release(mailbox => mailbox);
    });

    test('create and replace: tokens are written, by an ETag that is good for the next write', async () => {
      const serviceId = newService();
      const { result: etag } = await cutting(how, () =>
        writeTokens(mailboxes, tokensOf(serviceId), undefined),
      );
      assert.ok(etag);
      const { result: next } = await cutting(how, () =>
        writeTokens(mailboxes, tokensOf(serviceId, 'there'), etag),
      );
      assert.equal(next, (await findTokens(mailboxes, serviceId))?.etag);
      assert.equal(await writeTokens(mailboxes, tokensOf(serviceId, 'elsewhere'), etag), undefined);
    });

    test('create: a question is kept', async () => {
      const serviceId = newService();
      const id = `question-${unique()}`;
      const proofs = { keyId: 'k', iv: '', tag: '', text: '' } as never;
      const question = {
        id,
        serviceId,
        boundTo: '',
        redirectUri: '',
        proofs,
        askedBy: who,
        expiresAt: '',
        ttl: 60,
      };
      await cutting(how, () => addQuestion(mailboxes, question));
      assert.deepEqual(await takeQuestion(mailboxes, serviceId, id), question);
    });

    test('delete: gone, whoever did it', async () => {
      const serviceId = newService();
      await writeMailbox(stores, newMailbox(serviceId), undefined);
      await cutting(how, () => deleteMailbox(mailboxes, serviceId));
      assert.equal(await findMailbox(stores, serviceId), undefined);
    });

    test('batch: a change of the catalogue is not called overtaken by itself, and follows up once', async () => {
      const group = unique();
      const [made, changed, deleted] = [pending(group), pending(group), pending(group)];
      const { result: created } = await cutting(how, () =>
        createReference(catalog, 'group', { id: group, name: 'A', obsolete: false }, made),
      );
      assert.ok('etag' in created);
      const before = (await findReference(catalog, 'group', group)) ?? assert.fail();
      const { result: replaced } = await cutting(how, () =>
        replaceReference(catalog, before, { id: group, name: 'B', obsolete: false }, changed),
      );
      assert.ok('etag' in replaced);
      const found = (await findReference(catalog, 'group', group)) ?? assert.fail();
      assert.deepEqual([found.etag, found.value.record.name], [replaced.etag, 'B']);
      const named = { kind: 'group', id: group } as const;
      const use = (await readUse(catalog, named)) ?? assert.fail();
      const { result: gone } = await cutting(how, () =>
        deleteReference(catalog, named, found.etag, use, deleted),
      );
      assert.ok('etag' in gone);
      assert.equal(await findReference(catalog, 'group', group), undefined);
      for (const each of [made, changed, deleted]) {
        assert.equal((await outboxOf(each)).length, 1);
        await cutting(how, () => acknowledge(catalog, each));
        assert.equal((await outboxOf(each)).length, 0);
      }
    });

    test('batch: what another changed meanwhile is still refused', async () => {
      const group = unique();
      await createReference(catalog, 'group', { id: group, name: 'A', obsolete: false }, pending(group));
      const read = (await findReference(catalog, 'group', group)) ?? assert.fail();
      await replaceReference(catalog, read, { id: group, name: 'theirs', obsolete: false }, pending(group));
      const ours = pending(group);
      const { result } = await cutting(how, () =>
        replaceReference(catalog, read, { id: group, name: 'ours', obsolete: false }, ours),
      );
      assert.deepEqual(result, { refusedIndex: 0 });
      assert.equal((await findReference(catalog, 'group', group))?.value.record.name, 'theirs');
      assert.equal((await outboxOf(ours)).length, 0);
    });

    test('batch: mails are recorded with their conversations, in few requests', async () => {
      const serviceId = newService();
      const { result } = await cutting(how, () => recordMails(ledger, serviceId, writesOf(serviceId, 40)));
      assert.deepEqual(new Set(result), new Set([undefined]));
      assert.equal((await findRecords(ledger, serviceId, keysOf(serviceId, 40))).size, 40);
      assert.equal((await readCounts(ledger, serviceId, now)).published, 40);
    });

    test('batch: a record that was read before is replaced once', async () => {
      const serviceId = newService();
      const [write] = writesOf(serviceId, 1);
      await recordMails(ledger, serviceId, [{ record: { ...write!.record, state: 'stored' } }]);
      const over = (await findRecord(ledger, write!.record.id)) ?? assert.fail();
      const again = { ...write!, over };
      assert.deepEqual((await cutting(how, () => recordMails(ledger, serviceId, [again]))).result, [
        undefined,
      ]);
      const other = { record: { ...write!.record, state: 'held' as const }, over };
      const { result } = await cutting(how, () => recordMails(ledger, serviceId, [other]));
      assert.equal(result[0]?.code, 'precondition_failed');
    });

    test('patch: a disposal is noted, and a later note still changes nothing', async () => {
      const serviceId = newService();
      await recordMails(ledger, serviceId, writesOf(serviceId, 40));
      const keys = keysOf(serviceId, 40);
      const { result } = await cutting(how, () => noteDisposal(ledger, serviceId, keys, 'moved', now));
      assert.deepEqual(new Set(result), new Set([undefined]));
      const later = await noteDisposal(ledger, serviceId, keys.slice(0, 2), 'gone', now);
      assert.deepEqual(
        later.map(error => error?.code),
        ['precondition_failed', 'precondition_failed'],
      );
      const [first] = keysOf(serviceId, 1);
      assert.equal((await findRecord(ledger, first!))?.value.disposal, 'moved');
    });
  });
}

test('an answer that ends in the middle is asked for again', async () => {
  const group = unique();
  await createReference(
    catalog,
    'group',
    { id: group, name: 'x'.repeat(50_000), obsolete: false },
    pending(group),
  );
  const { result } = await cutting('amid', () => findReference(catalog, 'group', group));
  assert.equal(result?.value.record.name.length, 50_000);
});

test('two connections that end one after the other are one write', async () => {
  const serviceId = newService();
  const repeated: unknown[] = [];
  const log = createLog((_, line) => repeated.push(JSON.parse(line)));
  cosmos.faults.add({ on: 'batch ledger', action: 'dropAfter', times: 2 });
  const result = await tellingRepeats(log, () => recordMails(ledger, serviceId, writesOf(serviceId, 5)));
  assert.deepEqual(cosmos.faults.list(), []);
  assert.deepEqual(new Set(result), new Set([undefined]));
  assert.deepEqual(repeated, [{ event: 'requests-repeated', requests: 2 }]);
});

test('a database that resets every connection is unavailable, soon', async () => {
  proxy.cut('unread', 1_000);
  const write = () => writeMailbox(stores, newMailbox(newService()), undefined);
  await assert.rejects(write(), failsWith('dependency_unavailable'));
  proxy.cut('unread', 0);
  await write();
});

test('groups are listed as they were made, whatever was repeated', async () => {
  const { items } = await listReferences(catalog, 'group', { after: '', limit: 100 });
  assert.equal(new Set(items.map(({ value }) => value.id)).size, items.length);
});

describe('the blobs', async () => {
  const root = await mkdtemp(join(tmpdir(), 'malote-lost-'));
  const blob = await startBlob({ port: 0, dir: root, inMemory: true, containers: ['mails'] });
  const mails = await openMailBlobs({ connectionString: blob.connectionString });
  after(async () => {
    await blob.close();
    await rm(root, { recursive: true });
  });
  afterEach(() => blob.faults.clear());

  for (const action of ['drop', 'dropAfter'] as const) {
    const faulty = async <T>(on: string, run: () => Promise<T>) => {
      const repeated: unknown[] = [];
      blob.faults.add({ on, action, times: 1 });
      const result = await tellingRepeats(
        createLog((_, line) => repeated.push(JSON.parse(line))),
        run,
      );
      assert.deepEqual(blob.faults.list(), []);
      assert.deepEqual(repeated, repeatedOnce);
      return result;
    };

    test(`${action}: a raw is written once, from memory and from a file`, async () => {
      const path = join(root, 'raw');
      await writeFile(path, 'raw');
      for (const content of [{ bytes: Buffer.from('raw') }, { path }]) {
        const name = `s/${unique()}/raw`;
        const headers = { type: 'message/rfc822', sha256: 'digest' };
        const written = await faulty('PUT mails/', () => writeOnce(mails, name, content, headers));
        if (written.outcome === 'exists') assert.equal(written.sha256, 'digest');
        assert.equal((await findText(mails, name))?.text, 'raw');
      }
    });

    test(`${action}: a memory is replaced, and not by whoever comes second`, async () => {
      const name = `s/${unique()}`;
      await faulty('PUT mails/', () => replaceBlob(mails, name, 'one', undefined));
      const { etag } = (await findText(mails, name)) ?? assert.fail();
      await faulty('PUT mails/', () => replaceBlob(mails, name, 'two', etag));
      await assert.rejects(replaceBlob(mails, name, 'three', etag), failsWith('precondition_failed'));
      await faulty('PUT mails/', () => overwriteBlob(mails, name, 'four'));
      const read = await faulty('GET mails/', () => findText(mails, name));
      assert.equal(read?.text, 'four');
    });
  }
});

test('a connection that rests is ended by us, before the server that says for how long it waits', async () => {
  const ended = Promise.withResolvers<string>();
  const server = createServer({ keepAliveTimeout: 2_000 }, (_, response) => response.end('{}'));
  server.on('connection', socket => socket.on('end', () => ended.resolve('by the client')));
  server.on('timeout', () => ended.resolve('by the server'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await openHttpClient().sendRequest(createPipelineRequest({ url, allowInsecureConnection: true }));
  assert.equal(await ended.promise, 'by the client');
});
