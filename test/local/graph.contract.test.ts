// What the product relies on, asked of the stand-in and - where one is named - of a real mailbox in Microsoft 365:
//   MALOTE_CONTRACT_GRAPH_TENANT=... MALOTE_CONTRACT_GRAPH_CLIENT_ID=... MALOTE_CONTRACT_GRAPH_CLIENT_SECRET=...
//   MALOTE_CONTRACT_GRAPH_MAILBOX=test@contoso.com node --test ...
// The app needs Mail.ReadWrite over that mailbox. It works in a folder of its own, which it removes again.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import test, { after, before, describe } from 'node:test';
import { type Answer, type CallOptions, immutable, send, useGraph } from './graph-support.ts';

const {
  MALOTE_CONTRACT_GRAPH_TENANT: tenant,
  MALOTE_CONTRACT_GRAPH_CLIENT_ID: clientId,
  MALOTE_CONTRACT_GRAPH_CLIENT_SECRET: clientSecret,
  MALOTE_CONTRACT_GRAPH_MAILBOX: mailbox,
} = process.env;

type Subject = {
  /** With `/v1.0/users`. */
  base: string;
  mailbox: string;
  token: string;
  /** Puts a mail into a folder directly below the root, as if it had arrived. */
  deliver: (
    folder: { id: string; displayName: string },
    subject: string,
    receivedAt: string,
  ) => Promise<void>;
  removeFolder: (folder: { id: string; displayName: string }) => Promise<void>;
};

describe('contract with the stand-in', async () => {
  const graph = await useGraph();
  const address = 'contract@contoso.example';
  graph.addMailbox(address);
  contract(async () => ({
    base: `${graph.origin}/v1.0/users`,
    mailbox: address,
    token: await graph.appToken(),
    async deliver({ displayName }, subject, receivedAt) {
      const raw = `Subject: ${subject}\r\n\r\nBody\r\n`;
      await graph.deliver(address, displayName, raw, { receivedAt: new Date(receivedAt) });
    },
    removeFolder: async ({ displayName }) => graph.removeFolder(address, displayName),
  }));
});

if (tenant && clientId && clientSecret && mailbox) {
  describe(`contract with ${mailbox}`, () => {
    contract(() => openReal({ tenant, clientId, clientSecret, mailbox }));
  });
} else {
  const why =
    'set MALOTE_CONTRACT_GRAPH_TENANT, _CLIENT_ID, _CLIENT_SECRET and _MAILBOX to ask a real mailbox';
  test('contract with a real mailbox', { skip: why }, () => {});
}

function contract(open: () => Promise<Subject>): void {
  let subject: Subject;
  let folder: { id: string; displayName: string };
  let archive: string;
  const call = (method: string, path: string, options: CallOptions = {}) =>
    ask(subject, method, path, options);
  const listing = (options: string) =>
    `mailFolders/${folder.id}/messages?$filter=receivedDateTime ge 2026-03-01T12:00:00Z&$orderby=receivedDateTime asc&${options}`;

  before(async () => {
    subject = await open();
    const displayName = `Contract ${randomUUID()}`;
    const made = await call('POST', 'mailFolders', { body: { displayName } });
    assert.equal(made.status, 201);
    folder = made.json;
    for (const minute of ['00', '01', '02', '03', '04']) {
      await subject.deliver(folder, `mail ${minute}`, `2026-03-01T12:${minute}:00Z`);
    }
    archive = (await call('GET', 'mailFolders/archive?$select=id')).json.id;
  });
  after(() => subject.removeFolder(folder));

  test('a token that is missing, or is none, is answered with 401 and a challenge', async () => {
    for (const token of ['', 'opaque']) {
      const { status, json, headers } = await call('GET', 'mailFolders/inbox', { token });
      assert.deepEqual([status, json.error.code], [401, 'InvalidAuthenticationToken']);
      assert.match(headers.get('www-authenticate') ?? '', /^Bearer /);
      assert.ok(json.error.message);
      assert.equal(json.error.innerError['request-id'], headers.get('request-id'));
    }
  });

  test('a folder is made once, in whatever case its name is written', async () => {
    const body = { displayName: folder.displayName.toUpperCase() };
    const { status, json } = await call('POST', 'mailFolders', { body });
    assert.equal(json.error.code, 'ErrorFolderExists');
    assert.ok([400, 409].includes(status), `${status}`);
  });

  test('a folder is found by its name in any case, and by its id', async () => {
    const filter = `displayName eq '${folder.displayName.toLowerCase()}'`;
    const found = await call(
      'GET',
      `mailFolders?includeHiddenFolders=true&$filter=${filter}&$select=id,displayName`,
    );
    assert.deepEqual(
      found.json.value.map(({ id }: { id: string }) => id),
      [folder.id],
    );
    assert.equal((await call('GET', `mailFolders/${folder.id}`)).json.displayName, folder.displayName);
  });

  test('what is no id is malformed', async () => {
    const { status, json } = await call('GET', 'messages/nonsense');
    assert.deepEqual([status, json.error.code], [400, 'ErrorInvalidIdMalformed']);
  });

  test('mail is listed from a time on, oldest first, in pages that name the next', async () => {
    let page = await call('GET', listing('$select=id,receivedDateTime,isDraft&$top=2&$count=true'));
    assert.equal(page.headers.get('preference-applied'), 'IdType=ImmutableId');
    assert.equal(page.json['@odata.count'], 5);
    const times: string[] = [];
    for (;;) {
      for (const { receivedDateTime, isDraft } of page.json.value) {
        times.push(receivedDateTime);
        assert.equal(isDraft, false);
      }
      const next = page.json['@odata.nextLink'];
      if (next === undefined) break;
      page = await send(next, { headers: { authorization: `Bearer ${subject.token}`, ...immutable } });
    }
    assert.deepEqual(
      times,
      ['00', '01', '02', '03', '04'].map(minute => `2026-03-01T12:${minute}:00Z`),
    );
  });

  test('the size comes as an extended property', async () => {
    const expand = "$expand=singleValueExtendedProperties($filter=id eq 'Integer 0x0E08')";
    const { value } = (await call('GET', listing(`$select=id&${expand}`))).json;
    const [{ singleValueExtendedProperties: properties }] = value;
    assert.equal(properties[0].id, 'Integer 0xe08');
    assert.ok(Number(properties[0].value) > 0);
  });

  test('the MIME comes as text, its lines ending in CRLF', async () => {
    const [{ id }] = (await call('GET', listing('$select=id&$top=1'))).json.value;
    const { status, headers, text } = await call('GET', `messages/${id}/$value`);
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /^text\/plain/);
    assert.match(text, /^Subject: mail 00\r\n/m);
  });

  test('an immutable id outlives a move, an ordinary id does not', async () => {
    const [{ id }] = (await call('GET', listing('$select=id&$top=1'))).json.value;
    const [{ id: ordinary }] = (await call('GET', listing('$select=id&$top=1'), { headers: {} })).json.value;
    assert.notEqual(id, ordinary);
    const moved = await call('POST', `messages/${id}/move`, { body: { destinationId: 'archive' } });
    assert.equal(moved.status, 201);
    assert.deepEqual([moved.json.id, moved.json.parentFolderId], [id, archive]);
    const old = await call('GET', `messages/${ordinary}`, { headers: {} });
    assert.deepEqual([old.status, old.json.error.code], [404, 'ErrorItemNotFound']);
    const back = await call('POST', `messages/${id}/move`, { body: { destinationId: folder.id } });
    assert.deepEqual([back.json.id, back.json.parentFolderId], [id, folder.id]);
  });

  test('what is deleted is in Deleted Items', async () => {
    const { id: bin } = (await call('GET', 'mailFolders/deleteditems?$select=id')).json;
    const [{ id }] = (await call('GET', listing('$select=id&$top=1'))).json.value;
    assert.equal((await call('DELETE', `messages/${id}`)).status, 204);
    assert.equal((await call('GET', `messages/${id}?$select=parentFolderId`)).json.parentFolderId, bin);
  });
}

function ask({ base, mailbox, token: usual }: Subject, method: string, path: string, options: CallOptions) {
  const { token = usual, headers = immutable, body } = options;
  const type = { 'content-type': 'application/json' };
  return send(`${base}/${encodeURIComponent(mailbox)}/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers, ...(body === undefined ? {} : type) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function openReal(options: {
  tenant: string;
  clientId: string;
  clientSecret: string;
  mailbox: string;
}): Promise<Subject> {
  const granted = await send(`https://login.microsoftonline.com/${options.tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: options.clientId,
      client_secret: options.clientSecret,
      scope: 'https://graph.microsoft.com/.default',
    }),
  });
  assert.equal(granted.status, 200, granted.text);
  const subject: Subject = {
    base: 'https://graph.microsoft.com/v1.0/users',
    mailbox: options.mailbox,
    token: granted.json.access_token,
    async deliver({ id }, title, receivedAt) {
      // PidTagMessageFlags without the flag of a draft, and PidTagMessageDeliveryTime.
      const singleValueExtendedProperties = [
        { id: 'Integer 0x0E07', value: '1' },
        { id: 'SystemTime 0x0E06', value: receivedAt },
      ];
      const body = { subject: title, singleValueExtendedProperties };
      expectSuccess(await ask(subject, 'POST', `mailFolders/${id}/messages`, { body }));
    },
    removeFolder: async ({ id }) => expectSuccess(await ask(subject, 'DELETE', `mailFolders/${id}`, {})),
  };
  return subject;
}

function expectSuccess({ status, text }: Answer): void {
  assert.ok(status < 300, text);
}
