// The stand-in of Microsoft Graph: ids, folders, lists, MIME and moves, asked by the genuine client and on the wire.
import assert from 'node:assert/strict';
import test from 'node:test';
import { immutable, useGraph } from './graph-support.ts';

const graph = await useGraph();
const ana = 'ana@contoso.example';
graph.addMailbox(ana);

test('the genuine client lists, reads and moves a mail', async () => {
  const raw = 'Subject: oi\r\n\r\nBom dia\r\n';
  graph.createFolder(ana, 'Processados');
  const id = await graph.deliver(ana, 'inbox', raw, { receivedAt: new Date('2026-03-01T12:00:00.789Z') });
  const client = graph.client();
  const page = await client
    .api(`/users/${ana}/mailFolders/inbox/messages`)
    .headers(immutable)
    .filter('receivedDateTime ge 2026-03-01T12:00:00Z')
    .orderby('receivedDateTime asc')
    .select('id,receivedDateTime,isDraft')
    .expand("singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')")
    .top(1000)
    .count(true)
    .get();
  assert.equal(page['@odata.count'], 1);
  assert.equal(page.value[0].id, id);
  assert.equal(page.value[0].receivedDateTime, '2026-03-01T12:00:00Z');
  assert.equal(page.value[0].singleValueExtendedProperties[0].id, 'Integer 0xe08');

  const folders = await client
    .api(`/users/${ana}/mailFolders`)
    .query({ includeHiddenFolders: 'true' })
    .filter("displayName eq 'processados'")
    .get();
  const mime = await client.api(`/users/${ana}/messages/${id}/$value`).getStream();
  assert.equal(await new Response(mime).text(), raw);
  const moved = await client
    .api(`/users/${ana}/messages/${id}/move`)
    .headers(immutable)
    .post({ destinationId: folders.value[0].id });
  assert.deepEqual([moved.id, moved.parentFolderId], [id, folders.value[0].id]);
  assert.equal(graph.list(ana, 'inbox').length, 0);
  assert.equal(graph.list(ana, 'Processados')[0]?.raw?.toString(), raw);
});
