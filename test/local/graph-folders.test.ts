// Folders of the Graph stand-in: found by well-known name in any language, by path, made once.
import assert from 'node:assert/strict';
import test from 'node:test';
import { useGraph } from './graph-support.ts';

const graph = await useGraph();
const ana = 'ana@contoso.example';
graph.addMailbox(ana, { inboxName: 'Caixa de Entrada' });

type Folder = { id: string; displayName: string; isHidden: boolean };
const names = (folders: Folder[]) => folders.map(({ displayName }) => displayName);
const list = async (path: string) => (await graph.call('GET', `${ana}/${path}`)).json;

test('the inbox is found by its well-known name, whatever it is called', async () => {
  const inbox = await list('mailFolders/inbox?$select=id,displayName');
  assert.deepEqual(Object.keys(inbox), ['@odata.context', 'id', 'displayName']);
  assert.equal(inbox.displayName, 'Caixa de Entrada');
  assert.equal((await list(`mailFolders/${inbox.id}`)).displayName, 'Caixa de Entrada');
  assert.equal((await list('mailFolders/Inbox')).id, inbox.id);
  const byName = await list("mailFolders?$filter=displayName eq 'caixa de entrada'");
  assert.equal(byName.value[0].id, inbox.id);
  assert.deepEqual((await list("mailFolders?$filter=displayName eq 'Inbox'")).value, []);
});

test('every mailbox has its well-known folders, below one root', async () => {
  const root = await list('mailFolders/msgfolderroot');
  for (const name of ['deleteditems', 'drafts', 'sentitems', 'archive', 'junkemail', 'outbox']) {
    assert.equal((await list(`mailFolders/${name}`)).parentFolderId, root.id, name);
  }
});

test('a folder knows how many it holds', async () => {
  await graph.deliver(ana, 'drafts', 'x');
  graph.createFolder(ana, 'drafts/one');
  const { totalItemCount, unreadItemCount, childFolderCount } = await list('mailFolders/drafts');
  assert.deepEqual([totalItemCount, unreadItemCount, childFolderCount], [1, 1, 1]);
});

test('a name that is neither an id nor well known is a malformed id; the id of a folder that is gone is not found', async () => {
  const { json } = await graph.call('GET', `${ana}/mailFolders/Processed`);
  assert.equal(json.error.code, 'ErrorInvalidIdMalformed');
  graph.createFolder(ana, 'Short-lived');
  const [{ id }] = (await list("mailFolders?$filter=displayName eq 'Short-lived'")).value;
  graph.removeFolder(ana, 'short-lived');
  for (const path of [id, `${id}/childFolders`, `${id}/messages`]) {
    const gone = await graph.call('GET', `${ana}/mailFolders/${path}`);
    assert.deepEqual([gone.status, gone.json.error.code], [404, 'ErrorItemNotFound']);
  }
});

test('hidden folders are listed only when asked for', async () => {
  graph.createFolder(ana, 'Secret', { isHidden: true });
  const path = "mailFolders?$filter=displayName eq 'Secret'";
  assert.deepEqual((await list(path)).value, []);
  assert.deepEqual(names((await list(`${path}&includeHiddenFolders=true`)).value), ['Secret']);
});

test('a quote in a name is doubled in the filter', async () => {
  graph.createFolder(ana, "Ana's mail");
  const { value } = await list("mailFolders?$filter=displayName eq 'Ana''s mail'");
  assert.deepEqual(names(value), ["Ana's mail"]);
});

test('folders come in pages of ten', async () => {
  graph.createFolder(ana, 'Many');
  for (let n = 1; n <= 12; n += 1) graph.createFolder(ana, `Many/${String(n).padStart(2, '0')}`);
  const [{ id }] = (await list("mailFolders?$filter=displayName eq 'Many'")).value;
  const first = await list(`mailFolders/${id}/childFolders?$count=true`);
  assert.equal(first.value.length, 10);
  assert.equal(first['@odata.count'], 12);
  const rest = await graph.client().api(first['@odata.nextLink']).get();
  assert.deepEqual(names(rest.value), ['11', '12']);
  assert.equal(rest['@odata.nextLink'], undefined);
});

test('a folder is made once, in whatever case its name is written', async () => {
  const made = await graph.call('POST', `${ana}/mailFolders`, { body: { displayName: 'Processed' } });
  assert.equal(made.status, 201);
  const below = `${ana}/mailFolders/${made.json.id}/childFolders`;
  const child = await graph.call('POST', below, { body: { displayName: 'Março' } });
  assert.deepEqual([child.status, child.json.parentFolderId], [201, made.json.id]);
  const again = await graph.call('POST', below, { body: { displayName: 'MARÇO' } });
  assert.deepEqual([again.status, again.json.error.code], [409, 'ErrorFolderExists']);
  const without = await graph.call('POST', below, { body: { displayName: 'Marco' } });
  assert.equal(without.status, 201, 'an accent makes another name');
});
