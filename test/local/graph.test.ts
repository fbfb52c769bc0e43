// The stand-in of Microsoft Graph: that the genuine client works with it, and that what it does not know it refuses.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startGraph } from '../../local/graph/server.ts';
import { localAuthority } from '../support/authority.ts';
import { immutable, useGraph } from './graph-support.ts';

const graph = await useGraph();
const ana = 'ana@contoso.example';
graph.addMailbox(ana);

test('the genuine client lists, reads and moves a mail', async () => {
  const raw = 'Subject: oi\r\n\r\nBom dia\r\n';
  graph.createFolder(ana, 'Processados');
  const id = await graph.deliver(ana, 'inbox', raw);
  const client = graph.client();
  const page = await client
    .api(`/users/${ana}/mailFolders/inbox/messages`)
    .headers(immutable)
    .filter('receivedDateTime ge 2020-01-01T00:00:00Z')
    .orderby('receivedDateTime asc')
    .select('id,receivedDateTime,isDraft')
    .expand("singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')")
    .top(1000)
    .count(true)
    .get();
  assert.equal(page['@odata.count'], 1);
  assert.equal(page.value[0].id, id);

  const folders = await client
    .api(`/users/${ana}/mailFolders`)
    .query({ includeHiddenFolders: 'true' })
    .filter("displayName eq 'processados'")
    .get();
  const mime = await client.api(`/users/${ana}/messages/${id}/$value`).getStream();
  assert.equal(await new Response(mime).text(), raw);
  const destinationId = folders.value[0].id;
  const moved = await client
    .api(`/users/${ana}/messages/${id}/move`)
    .headers(immutable)
    .post({ destinationId });
  assert.deepEqual([moved.id, moved.parentFolderId], [id, destinationId]);
  assert.equal(graph.list(ana, 'inbox').length, 0);
  assert.equal(graph.list(ana, 'Processados')[0]?.raw?.toString(), raw);
});

test('the genuine client reads an error: status, code, sentence, and the ids that the support asks for', async () => {
  const failure = await graph
    .client()
    .api('/users/nobody@contoso.example/mailFolders/inbox')
    .get()
    .catch(error => error);
  const { statusCode, code, message, requestId } = failure;
  assert.deepEqual([statusCode, code], [404, 'ErrorInvalidUser']);
  assert.equal(message, "The requested user 'nobody@contoso.example' is invalid.");
  assert.match(requestId, /^[\da-f-]{36}$/);

  const headers = { 'client-request-id': 'mine' };
  const answer = await graph.call('GET', 'nobody@contoso.example/mailFolders', { headers });
  const { innerError } = answer.json.error;
  assert.equal(innerError['client-request-id'], 'mine');
  assert.equal(answer.headers.get('client-request-id'), 'mine');
  assert.equal(answer.headers.get('request-id'), innerError['request-id']);
});

test('a mailbox without a licence cannot be read', async () => {
  graph.addMailbox('old@contoso.example');
  graph.disable('old@contoso.example');
  const { status, json } = await graph.call('GET', 'old@contoso.example/mailFolders/inbox');
  assert.deepEqual([status, json.error.code], [404, 'MailboxNotEnabledForRESTAPI']);
});

for (const [method, path] of [
  ['GET', `${ana}/messages`],
  ['GET', `${ana}/mailFolders/inbox/messages/delta`],
  ['GET', `${ana}/mailFolders?filter=displayName eq 'x'`],
  ['GET', `${ana}/mailFolders?$orderby=displayName`],
  ['GET', `${ana}/mailFolders?$filter=startswith(displayName,'x')`],
  ['GET', `${ana}/mailFolders/inbox?$select=wellKnownName`],
  ['GET', `${ana}/mailFolders/inbox/messages?$search="x"`],
  ['GET', `${ana}/mailFolders/inbox/messages?$filter=isRead eq false`],
  ['GET', `${ana}/mailFolders/inbox/messages?$orderby=subject`],
  ['GET', `${ana}/mailFolders/inbox/messages?$select=bodyPreview`],
  ['GET', `${ana}/mailFolders/inbox/messages?$expand=attachments`],
  ['PATCH', `${ana}/messages/x`],
  ['DELETE', `${ana}/mailFolders/inbox`],
] as const) {
  test(`what the stand-in does not do is refused, not ignored: ${method} ${path}`, async () => {
    const { status, json } = await graph.call(method, path);
    assert.deepEqual([status, json.error.code], [501, 'NotImplemented']);
    assert.match(json.error.message, /not supported by the local stand-in/);
  });
}

test('a body has to be JSON, and to say so', async () => {
  const url = `${graph.origin}/v1.0/users/${ana}/mailFolders`;
  const authorization = `Bearer ${await graph.appToken()}`;
  const post = (type: string, body: string) =>
    fetch(url, { method: 'POST', body, headers: { authorization, 'content-type': type } });
  assert.equal((await post('text/plain', '{"displayName":"x"}')).status, 400);
  assert.equal((await post('application/json', '{"displayName":')).status, 400);
  assert.equal((await post('application/json', '"x"')).status, 400);
  assert.equal((await post('application/json', '{}')).status, 400);
});

test('what was asked is known afterwards, and can be forgotten', async () => {
  graph.log.clear();
  await graph.call('GET', `${ana}/mailFolders/inbox/messages?$top=5`);
  await graph.call('GET', `${ana.toUpperCase()}/mailFolders/inbox`, { headers: {} });
  const seen = graph.log.list().map(({ operation, mailbox, prefer, status }) => {
    return { operation, mailbox, prefer, status };
  });
  assert.deepEqual(seen, [
    { operation: 'GET messages', mailbox: ana, prefer: immutable.prefer, status: 200 },
    { operation: 'GET mailFolder', mailbox: ana, prefer: undefined, status: 200 },
  ]);
  assert.equal(graph.log.list()[0]?.path, `/v1.0/users/${ana}/mailFolders/inbox/messages?$top=5`);
});

test('a port that is taken is said', async () => {
  const { issuer, jwksUri } = graph.entra;
  const options = { port: graph.port, tls: await localAuthority(), issuer, jwksUri };
  await assert.rejects(startGraph(options), { code: 'EADDRINUSE', port: graph.port });
});
