// Messages of the Graph stand-in: which ids they have, how they are listed, and where they go.
import assert from 'node:assert/strict';
import test from 'node:test';
import { type CallOptions, immutable, useGraph } from './graph-support.ts';

const graph = await useGraph();
const ordinary = { headers: {} };

/** Every test has a mailbox of its own. */
let count = 0;
async function mailboxWith(...received: string[]) {
  count += 1;
  const address = `box${count}@contoso.example`;
  graph.addMailbox(address);
  const ids: string[] = [];
  for (const at of received) {
    ids.push(await graph.deliver(address, 'inbox', `Subject: ${at}`, { receivedAt: new Date(at) }));
  }
  const call = (method: string, path: string, options?: CallOptions) =>
    graph.call(method, `${address}/${path}`, options);
  const list = async (options = '', more?: CallOptions) =>
    (await call('GET', `mailFolders/inbox/messages?${options}`, more)).json;
  const times = async (options: string) =>
    (await list(options)).value.map((m: { receivedDateTime: string }) => m.receivedDateTime.slice(14, 19));
  return { address, ids, call, list, times };
}

const minutes = (...all: number[]) => all.map(m => `2026-03-01T12:${String(m).padStart(2, '0')}:00Z`);

test('an ordinary id is another after a move, and the old one is not found', async () => {
  const { call, list } = await mailboxWith(...minutes(1));
  const before = (await list('', ordinary)).value[0].id;
  assert.match(before, /^AAMkA[\w-]{140,}=*$/);
  const moved = await call('POST', `messages/${before}/move`, {
    ...ordinary,
    body: { destinationId: 'archive' },
  });
  assert.equal(moved.status, 201);
  assert.notEqual(moved.json.id, before);
  const old = await call('GET', `messages/${before}`);
  assert.deepEqual([old.status, old.json.error.code], [404, 'ErrorItemNotFound']);
  assert.equal((await call('GET', `messages/${moved.json.id}/$value`)).status, 200);
});

test('an immutable id outlives moves, and is told only to who asks for it', async () => {
  const { ids, call, list } = await mailboxWith(...minutes(1));
  const asked = await call('GET', `messages/${ids[0]}?$select=parentFolderId`);
  assert.equal(asked.json.id, ids[0]);
  assert.match(asked.json.id, /^AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A[\w-]+$/);
  assert.equal(asked.headers.get('preference-applied'), 'IdType=ImmutableId');
  const notAsked = await call('GET', `messages/${ids[0]}`, ordinary);
  assert.match(notAsked.json.id, /^AAMkA/);
  assert.equal(notAsked.headers.get('preference-applied'), null);
  assert.notEqual((await list('', ordinary)).value[0].id, ids[0]);

  const moved = await call('POST', `messages/${ids[0]}/move`, { body: { destinationId: 'archive' } });
  assert.equal(moved.json.id, ids[0]);
  assert.notEqual(moved.json.parentFolderId, asked.json.parentFolderId);
});

test('the preference is understood among others', async () => {
  const { ids, list } = await mailboxWith(...minutes(1));
  const headers = { prefer: `outlook.timezone="UTC", ${immutable.prefer}` };
  assert.equal((await list('', { headers })).value[0].id, ids[0]);
});

test('an id in another case finds nothing, and what is no id is malformed', async () => {
  const { ids, call } = await mailboxWith(...minutes(1));
  const swapped = [...ids[0]!].map((c, i) => (i > 40 && /[a-z]/.test(c) ? c.toUpperCase() : c)).join('');
  assert.notEqual(swapped, ids[0]);
  const other = await call('GET', `messages/${swapped}`);
  assert.equal(other.json.error.code, 'ErrorItemNotFound');
  for (const wrong of ['x', ids[0]!.slice(1), `${ids[0]}A`, encodeURIComponent('<1@example.com>')]) {
    const { status, json } = await call('GET', `messages/${wrong}`);
    assert.deepEqual([status, json.error.code], [400, 'ErrorInvalidIdMalformed'], wrong);
  }
});

test('what is in one mailbox is not found in another', async () => {
  const mine = await mailboxWith(...minutes(1));
  const other = await mailboxWith();
  assert.equal((await other.call('GET', `messages/${mine.ids[0]}`)).status, 404);
  const { id } = (await other.call('GET', 'mailFolders/archive')).json;
  const moved = await mine.call('POST', `messages/${mine.ids[0]}/move`, { body: { destinationId: id } });
  assert.deepEqual([moved.status, moved.json.error.code], [404, 'ErrorToFolderNotFound']);
  assert.equal(graph.list(mine.address, 'inbox').length, 1);
});

test('times are told to the second, and mail is listed from a time on, oldest first or newest first', async () => {
  const { times, list } = await mailboxWith(...minutes(3, 1), '2026-03-01T12:02:00.900Z');
  assert.equal((await list()).value[1].receivedDateTime, '2026-03-01T12:02:00Z');
  assert.deepEqual(await times(''), ['03:00', '02:00', '01:00']);
  assert.deepEqual(await times('$orderby=receivedDateTime'), ['01:00', '02:00', '03:00']);
  assert.deepEqual(await times('$orderby=receivedDateTime desc'), ['03:00', '02:00', '01:00']);
  const filter = (text: string) => times(`$orderby=receivedDateTime asc&$filter=${text}`);
  assert.deepEqual(await filter('receivedDateTime ge 2026-03-01T12:02:00Z'), ['02:00', '03:00']);
  assert.deepEqual(await filter('receivedDateTime gt 2026-03-01T12:02:00Z'), ['03:00']);
  assert.deepEqual(
    await filter('receivedDateTime ge 2026-03-01T12:01:00Z and receivedDateTime lt 2026-03-01T12:03:00Z'),
    ['01:00', '02:00'],
  );
  assert.deepEqual(await filter('receivedDateTime le 2026-03-01T09:01:00.000-03:00'), ['01:00']);
});

test('a time that is none, or in quotes, is refused', async () => {
  const { call } = await mailboxWith();
  for (const literal of [
    'yesterday',
    "'2026-03-01T12:00:00Z'",
    '2026-03-01T12:00:00',
    '2026-13-01T12:00:00Z',
  ]) {
    const path = `mailFolders/inbox/messages?$filter=receivedDateTime ge ${literal}`;
    const { status, json } = await call('GET', path);
    assert.deepEqual([status, json.error.code], [400, 'ErrorInvalidUrlQueryFilter'], literal);
  }
});

test('only what is selected comes, with the id and the etag in any case', async () => {
  const { list } = await mailboxWith(...minutes(1));
  const [message] = (await list('$select=receivedDateTime,isDraft')).value;
  assert.deepEqual(Object.keys(message), ['@odata.etag', 'id', 'receivedDateTime', 'isDraft']);
  assert.equal(message.isDraft, false);
});

test('the size comes as an extended property, its id in Graph’s own writing', async () => {
  const { list } = await mailboxWith(...minutes(1));
  const options = "$select=id&$expand=singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')";
  const [{ singleValueExtendedProperties: properties }] = (await list(options)).value;
  assert.equal(properties[0].id, 'Integer 0xe08');
  assert.ok(Number(properties[0].value) > 'Subject: '.length);
  assert.equal(typeof properties[0].value, 'string');
});

test('mail comes in pages of ten, each naming the next with all that was asked', async () => {
  const { list, ids } = await mailboxWith(...minutes(...Array(23).keys()));
  const options = '$orderby=receivedDateTime asc&$filter=receivedDateTime ge 2026-03-01T12:01:00Z&$select=id';
  let page = await list(`${options}&$count=true`);
  assert.equal(page['@odata.count'], 22);
  const seen: string[] = [];
  const sizes: number[] = [];
  for (;;) {
    sizes.push(page.value.length);
    seen.push(...page.value.map(({ id }: { id: string }) => id));
    const next = page['@odata.nextLink'];
    if (next === undefined) break;
    page = await graph.client().api(next).headers(immutable).get();
    assert.ok(!('receivedDateTime' in page.value[0]));
  }
  assert.deepEqual(sizes, [10, 10, 2]);
  assert.deepEqual(seen, ids.slice(1));
});

test('a page may be shorter than asked', async () => {
  const { list } = await mailboxWith(...minutes(1, 2, 3));
  graph.limitPages(2);
  const page = await list('$top=1000');
  graph.limitPages(1_000);
  assert.equal(page.value.length, 2);
  assert.ok(page['@odata.nextLink']);
});

test('what is moved away between two pages makes the next one begin too late', async () => {
  const { list, ids, call } = await mailboxWith(...minutes(1, 2, 3, 4));
  const first = await list('$orderby=receivedDateTime asc&$top=2');
  for (const { id } of first.value) {
    await call('POST', `messages/${id}/move`, { body: { destinationId: 'archive' } });
  }
  const next = await graph.client().api(first['@odata.nextLink']).headers(immutable).get();
  assert.deepEqual(next.value, [], `${ids[2]} and ${ids[3]} are passed over`);
});

for (const top of ['0', '1001', '-1', 'all']) {
  test(`a page of ${top} is refused`, async () => {
    const { call } = await mailboxWith();
    assert.equal((await call('GET', `mailFolders/inbox/messages?$top=${top}`)).status, 400);
  });
}

test('what is deleted is in Deleted Items, and deleted there it is out of sight', async () => {
  const { address, ids, call } = await mailboxWith(...minutes(1));
  const deleted = await call('DELETE', `messages/${ids[0]}`);
  assert.deepEqual([deleted.status, deleted.text], [204, '']);
  assert.equal(graph.list(address, 'deleteditems')[0]?.immutableId, ids[0]);
  await call('DELETE', `messages/${ids[0]}`);
  assert.equal(graph.list(address, 'deleteditems').length, 0);
  assert.equal((await call('GET', `messages/${ids[0]}`)).status, 200, 'an administrator gets it back');
});

test('a move to what is no folder leaves the mail where it is', async () => {
  const { address, ids, call } = await mailboxWith(...minutes(1));
  const move = (destinationId: unknown) =>
    call('POST', `messages/${ids[0]}/move`, { body: { destinationId } });
  assert.equal((await move('Processed')).json.error.code, 'ErrorInvalidIdMalformed');
  assert.equal((await move(undefined)).status, 400);
  graph.createFolder(address, 'Processed');
  const { id } = (await call('GET', "mailFolders?$filter=displayName eq 'Processed'")).json.value[0];
  graph.removeFolder(address, 'Processed');
  const gone = await move(id);
  assert.deepEqual([gone.status, gone.json.error.code], [404, 'ErrorToFolderNotFound']);
  assert.equal(graph.list(address, 'inbox').length, 1);
});

test('a person who moves a mail keeps its immutable id; one that is gone for good is not found', async () => {
  const { address, ids, call } = await mailboxWith(...minutes(1));
  const inbox = (await call('GET', 'mailFolders/inbox')).json.id;
  graph.createFolder(address, 'inbox/Suporte');
  graph.moveByHand(address, ids[0]!, 'inbox/Suporte');
  assert.notEqual((await call('GET', `messages/${ids[0]}`)).json.parentFolderId, inbox);
  graph.remove(address, ids[0]!);
  assert.equal((await call('GET', `messages/${ids[0]}`)).json.error.code, 'ErrorItemNotFound');
});
