// The connection test over Graph: step by step like the others, and no mail is touched by it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphGeneration, graphId } from '../../../shared/domain/mail/key.ts';
import type { GraphMailbox, OAuth } from '../../../shared/domain/service/service.ts';
import { MaloteError } from '../../../shared/errors.ts';
import type { Subject } from '../../../shared/mailboxes/probe/step.ts';
import { type ConnectionReport, testConnection } from '../../../shared/mailboxes/probe/test-connection.ts';
import type { Credential } from '../../../shared/mailboxes/session.ts';
import { useGraph } from '../../local/graph-support.ts';
import { graphMailbox, graphSubject, serveScript, withTokens } from '../../support/graph-mailbox.ts';

const graph = await useGraph();
const app = withTokens(await graph.appToken());
let mailboxes = 0;

/** A mailbox with a folder `Processados`, and with mails of these instants. */
async function setUp(instants: string[] = []) {
  const address = `probe-${++mailboxes}@contoso.example`;
  graph.addMailbox(address, { inboxName: 'Caixa de Entrada' });
  graph.createFolder(address, 'Processados');
  const ids: string[] = [];
  for (const [n, instant] of instants.entries()) {
    const receivedAt = new Date(instant);
    ids.push(graphId(await graph.deliver(address, 'inbox', `Subject: ${n}\r\n\r\n`, { receivedAt })));
  }
  return { address, ids };
}

type Changes = { mailbox?: Partial<GraphMailbox> & Partial<Pick<OAuth, 'flow'>>; subject?: Partial<Subject> };

function tried(address: string, credential: Credential = app, { mailbox, subject }: Changes = {}) {
  return testConnection(graphSubject(graph.origin, graphMailbox(address, mailbox), credential, subject));
}

function outcomes({ steps }: ConnectionReport): string[] {
  return steps.map(({ step, outcome }) => `${step} ${outcome}`);
}

function failed({ steps }: ConnectionReport) {
  const step = steps.find(({ outcome }) => outcome === 'failed');
  return { name: step?.step, code: step?.code, message: step?.message ?? '', cure: step?.cure ?? '' };
}

function messageOf({ steps }: ConnectionReport, name: string): string {
  return steps.find(({ step }) => step === name)?.message ?? '';
}

test('all goes well, and no mail is touched', async () => {
  const { address } = await setUp(['2026-02-28T12:00:00Z', '2026-03-05T12:00:00Z', '2026-03-04T12:00:00Z']);
  const report = await tried(address);
  assert.deepEqual(outcomes(report), [
    'token ok',
    'mailbox ok',
    'folder ok',
    'mails ok',
    'destination ok',
    'permission ok',
  ]);
  assert.deepEqual(report.wouldRead, { count: 2, oldest: '2026-03-04T12:00:00.000Z', exact: true });
  assert.equal(report.ok, true);
  assert.equal(messageOf(report, 'folder'), 'The folder "INBOX" has 3 mails.');
  assert.equal(graph.list(address, 'inbox').length, 3);
  const asked = graph.log.list().filter(({ mailbox }) => mailbox === address);
  assert.deepEqual(
    asked.filter(({ method }) => method === 'POST').map(({ operation, status }) => [operation, status]),
    [['POST move', 404]],
  );
});

test('mails that are in the ledger would not be read again', async () => {
  const { address, ids } = await setUp(['2026-03-02T12:00:00Z', '2026-03-03T12:00:00Z']);
  const finishedIn = (generation: string) => {
    assert.equal(generation, graphGeneration({ username: address }));
    return (id: string) => id === ids[0];
  };
  const { wouldRead } = await tried(address, app, { subject: { finishedIn } });
  assert.deepEqual(wouldRead, { count: 1, oldest: '2026-03-03T12:00:00.000Z', exact: true });
});

test('of a full folder the first thousand are looked at', async () => {
  const value = Array.from({ length: 1000 }, (_, n) => {
    return { id: `mail-${n}`, receivedDateTime: '2026-03-02T00:00:00Z', isDraft: n === 0 };
  });
  for (const [told, count, message] of [
    [2500, 2499, /^About 2499 mails would be read/],
    [-1, 999, /^At least 999 mails would be read/],
  ] as const) {
    const origin = await serveScript((request, response) => {
      const url = new URL(request.url ?? '', 'https://host');
      const next = { '@odata.nextLink': `${origin}${request.url}&$skip=1000` };
      const isList = url.pathname.endsWith('/messages');
      const answer = isList
        ? { value, '@odata.count': told, ...next }
        : { id: 'a', displayName: 'A', totalItemCount: 1 };
      response.end(JSON.stringify(answer));
    });
    const mailbox = graphMailbox('ana@contoso.example', { afterRead: { action: 'delete' } });
    const report = await testConnection(graphSubject(origin, mailbox, app));
    assert.deepEqual(report.wouldRead, { count, oldest: '2026-03-02T00:00:00.000Z', exact: false });
    assert.match(messageOf(report, 'mails'), message);
  }
});

test('a folder that is missing is said, with those that are there', async () => {
  const { address } = await setUp();
  const report = await tried(address, app, { mailbox: { folder: 'Inbocks' } });
  const { name, code, cure } = failed(report);
  assert.deepEqual([name, code], ['folder', 'folder_missing']);
  assert.match(cure, /"Caixa de Entrada"/);
});

test('a missing destination is offered, and created with all above it when it is wanted', async () => {
  const { address } = await setUp();
  const folder = 'INBOX/Feitos/2026';
  const mailbox: Changes['mailbox'] = { afterRead: { action: 'move', folder } };
  const refused = await tried(address, app, { mailbox });
  assert.deepEqual([failed(refused).name, failed(refused).code], ['destination', 'destination_missing']);
  assert.match(failed(refused).cure, /"createFolder": true/);
  assert.deepEqual(refused.offers, { createFolder: folder });

  const created = await tried(address, app, { mailbox, subject: { createFolder: true } });
  assert.equal(created.ok, true);
  assert.equal(messageOf(created, 'destination'), `The folder "${folder}" was created.`);
  assert.deepEqual(graph.list(address, 'inbox/Feitos/2026'), []);
  assert.equal((await tried(address, app, { mailbox })).ok, true);
});

test('where mail is deleted, Deleted Items are the destination', async () => {
  const { address } = await setUp();
  const report = await tried(address, app, { mailbox: { afterRead: { action: 'delete' } } });
  assert.equal(report.ok, true);
  assert.match(messageOf(report, 'destination'), /it goes to "Deleted Items"/);
});

test('a destination that is the folder that is read is refused', async () => {
  const { address } = await setUp();
  const afterRead = { action: 'move', folder: 'Caixa de Entrada' } as const;
  const { name, code } = failed(await tried(address, app, { mailbox: { afterRead } }));
  assert.deepEqual([name, code], ['destination', 'disposal_refused']);
});

test('whoever may only read fails at the last step', async () => {
  const { address } = await setUp();
  const report = await tried(address, withTokens(await graph.appToken({ roles: ['Mail.Read'] })));
  assert.deepEqual([failed(report).name, failed(report).code], ['permission', 'disposal_refused']);
});

test('for a person it is said what was not proven', async () => {
  const { address } = await setUp();
  graph.share(address, 'ana@contoso.example');
  const credential = withTokens(await graph.personToken('ana@contoso.example'));
  const report = await tried(address, credential, { mailbox: { flow: 'authorizationCode' } });
  assert.equal(report.ok, true);
  assert.match(messageOf(report, 'token'), /the person who connected/);
  assert.match(
    messageOf(report, 'permission'),
    /Whether the person may in this folder, the first fetch shows/,
  );
});

test('what keeps the mailbox shut is told where it shows', async () => {
  const { address } = await setUp();
  const refusal = new MaloteError('consent_required', 'Connect the mailbox.', { cure: 'Connect it.' });
  const unconnected: Credential = { type: 'token', token: () => Promise.reject(refusal) };
  const nobody = 'nobody@contoso.example';
  const elsewhere = withTokens(await graph.appToken({ roles: [] }));
  for (const [credential, who, step, code] of [
    [unconnected, address, 'token', 'consent_required'],
    [withTokens('a', 'b'), address, 'mailbox', 'login_refused'],
    [elsewhere, address, 'mailbox', 'permission_missing'],
    [app, nobody, 'mailbox', 'mailbox_missing'],
  ] as const) {
    const found = failed(await tried(who, credential));
    assert.deepEqual([found.name, found.code], [step, code]);
    assert.notEqual(found.cure, '');
  }
});

test('a busy service is said at once, not waited for', async () => {
  const { address } = await setUp();
  graph.faults.add({ on: `GET mailFolder ${address}`, action: 'throttle', delayMs: 60_000, times: 1 });
  const report = await tried(address);
  assert.deepEqual([failed(report).name, failed(report).code], ['mailbox', 'mailbox_throttled']);
});

test('a silent service ends the test in time', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked = Promise.withResolvers<void>();
  const origin = await serveScript(() => asked.resolve());
  const testing = testConnection(graphSubject(origin, graphMailbox('ana@contoso.example'), app));
  await asked.promise;
  t.mock.timers.tick(3_000);
  const { name, code, message, cure } = failed(await testing);
  assert.deepEqual([name, code], ['mailbox', 'mailbox_timeout']);
  assert.match(message, /Microsoft Graph did not answer in time/);
  assert.match(cure, /network lets this app out/);
});
