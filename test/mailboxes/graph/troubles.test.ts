// What goes wrong with Graph: tokens that end, a service that is busy, silent or broken, and mailboxes that stay shut.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { GraphError } from '../../../local/graph/graph-error.ts';
import { findFreePorts } from '../../../local/mail/free-ports.ts';
import { createAuthority } from '../../../local/tls.ts';
import { graphId } from '../../../shared/domain/mail/key.ts';
import { MaloteError } from '../../../shared/errors.ts';
import { Tokens } from '../../../shared/mailboxes/graph/middleware.ts';
import type { Credential, Session } from '../../../shared/mailboxes/session.ts';
import { useGraph } from '../../local/graph-support.ts';
import { nothingNoted } from '../../support/disposal-notes.ts';
import { graphMailbox, openSession, serveScript, withTokens } from '../../support/graph-mailbox.ts';

const graph = await useGraph();
const app = withTokens(await graph.appToken());
const readFrom = new Date('2026-03-01T00:00:00Z');
let mailboxes = 0;

async function setUp({ mails = 0, credential = app }: { mails?: number; credential?: Credential } = {}) {
  const address = `trouble-${++mailboxes}@contoso.example`;
  graph.addMailbox(address);
  graph.createFolder(address, 'Processados');
  for (let n = 0; n < mails; n++) {
    await graph.deliver(address, 'inbox', `Subject: ${n}\r\n\r\n`, { receivedAt: new Date('2026-03-02') });
  }
  const mailbox = graphMailbox(address);
  return { address, mailbox, session: await openSession(graph.origin, mailbox, credential) };
}

/** A session with a server of the test's own, in an inbox. */
async function scripted(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  signal?: AbortSignal,
) {
  const origin = await serveScript(answer);
  return openSession(origin, graphMailbox('ana@contoso.example'), withTokens('token'), signal);
}

function json(response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

async function failureOf(failing: Promise<unknown>): Promise<MaloteError> {
  const error = await failing.then(
    () => assert.fail('Nothing failed.'),
    reason => reason,
  );
  assert.ok(error instanceof MaloteError, String(error));
  return error;
}

async function fetchAll(session: Session, ids: string[]): Promise<void> {
  for await (const _ of session.fetch(ids));
}

function requestsOf(address: string) {
  return graph.log.list().filter(({ mailbox }) => mailbox === address);
}

test('a token that is refused even when it is new is login_refused; the token is quoted nowhere', async () => {
  const { session } = await setUp({ credential: withTokens('first-token', 'second-token') });
  const error = await failureOf(session.list(readFrom));
  assert.equal(error.code, 'login_refused');
  assert.match(error.message, /InvalidAuthenticationToken/);
  assert.doesNotMatch(`${error.message} ${error.cure} ${error.cause}`, /first-token|second-token/);
});

test('why no token could be had is what the credential said', async () => {
  const refusal = new MaloteError('consent_required', 'Connect the mailbox.');
  const { session } = await setUp({ credential: { type: 'token', token: () => Promise.reject(refusal) } });
  assert.equal(await failureOf(session.list(readFrom)), refusal);
});

test('two that are refused in the same moment share one renewal', async () => {
  let renewals = 0;
  const tokens = new Tokens({
    type: 'token',
    token: async ({ renew } = { renew: false }) => (renew ? `new-${++renewals}` : 'old'),
  });
  await tokens.current();
  const both = await Promise.all([tokens.insteadOf('old'), tokens.insteadOf('old')]);
  assert.deepEqual(both, ['new-1', 'new-1']);
  assert.equal(await tokens.insteadOf('old'), 'new-1');
});

for (const action of ['throttle', 'refuse'] as const) {
  test(`a busy service is asked again after a short while: ${action}`, async () => {
    const { address, session } = await setUp({ mails: 1 });
    graph.faults.add({ on: `GET messages ${address}`, action, delayMs: 0, times: 1 });
    assert.equal((await session.list(readFrom)).length, 1);
    assert.equal(requestsOf(address).length, 2);
  });
}

test('a service that stays busy is asked four times, then left alone', async () => {
  const { address, session } = await setUp();
  graph.faults.add({ on: `GET messages ${address}`, action: 'throttle', delayMs: 0, times: 4 });
  const { code, retryAfterMs } = await failureOf(session.list(readFrom));
  assert.deepEqual([code, retryAfterMs, requestsOf(address).length], ['mailbox_throttled', 0, 4]);
});

test('a long wait is told at once, with how long', async () => {
  const { address, session } = await setUp({ mails: 1 });
  const ids = await session.list(readFrom);
  graph.faults.add({ on: `GET $value ${address}`, action: 'throttle', delayMs: 90_000, times: 1 });
  const { code, retryAfterMs } = await failureOf(Array.fromAsync(session.fetch(ids)));
  assert.deepEqual([code, retryAfterMs, requestsOf(address).length], ['mailbox_throttled', 90_000, 2]);
});

test('a wait ends with the fetch that it is for', async () => {
  const ending = new AbortController();
  const session = await scripted((_, response) => {
    json(response, { error: { code: 'TooManyRequests' } }, 429, { 'retry-after': '10' });
    response.once('finish', () => ending.abort(new MaloteError('lease_lost', 'Somebody else has it.')));
  }, ending.signal);
  assert.equal((await failureOf(session.list(readFrom))).code, 'lease_lost');
});

test('a date in Retry-After is as good as seconds', async () => {
  const session = await scripted((_, response) => {
    const retryAfter = new Date(Date.now() + 60_000).toUTCString();
    json(response, { error: { code: 'ServiceUnavailable' } }, 503, { 'retry-after': retryAfter });
  });
  const { code, retryAfterMs = 0 } = await failureOf(session.list(readFrom));
  assert.equal(code, 'mailbox_throttled');
  assert.ok(retryAfterMs > 55_000 && retryAfterMs <= 60_000);
});

test('an app that was not let in is permission_missing, with both ways to let it in', async () => {
  const { session } = await setUp({ credential: withTokens(await graph.appToken({ roles: [] })) });
  const { code, message, cure = '' } = await failureOf(session.list(readFrom));
  assert.equal(code, 'permission_missing');
  assert.match(message, /ErrorAccessDenied/);
  assert.match(cure, /RBAC for Applications.*application permission Mail\.ReadWrite/);
});

test('one mail that is refused is that mail, all of them are a missing permission', async t => {
  const { session } = await setUp({ mails: 6 });
  const ids = await session.list(readFrom);
  const [, second] = graph.list(`trouble-${mailboxes}@contoso.example`, 'inbox');
  let refused = encodeURIComponent(second?.immutableId ?? '');
  t.mock.method(graph.faults, 'take', (operation: string) => {
    const isRefused = graph.log.list().at(-1)?.path.includes(`${refused}/$value`);
    if (operation.startsWith('GET $value') && isRefused) throw new GraphError(403, 'ErrorAccessDenied', '');
  });
  const alone = graphId(second?.immutableId ?? '');
  assert.equal((await failureOf(fetchAll(session, ids))).code, 'protocol_violation');
  assert.equal((await failureOf(fetchAll(session, [alone]))).code, 'protocol_violation');
  assert.equal((await failureOf(session.stream(alone))).code, 'protocol_violation');
  refused = '';
  assert.equal((await failureOf(fetchAll(session, ids))).code, 'permission_missing');
  assert.equal((await failureOf(session.stream(alone))).code, 'permission_missing');
});

test('a mailbox that nobody shared with the person looks empty to Graph, and is permission_missing', async () => {
  const { address } = await setUp();
  const credential = withTokens(await graph.personToken('ana@contoso.example'));
  for (const folder of ['INBOX', 'INBOX/Suporte', 'Processados']) {
    const mailbox = graphMailbox(address, { flow: 'authorizationCode', folder });
    const reading = openSession(graph.origin, mailbox, credential).then(({ list }) => list(readFrom));
    const { code, cure = '' } = await failureOf(reading);
    assert.equal(code, 'permission_missing', folder);
    assert.match(cure, /Share the mailbox .* Mail\.ReadWrite\.Shared/);
  }
  graph.share(address, 'ana@contoso.example');
  const shared = graphMailbox(address, { flow: 'authorizationCode' });
  const session = await openSession(graph.origin, shared, credential);
  assert.deepEqual(await session.list(readFrom), []);
});

test('an address without a mailbox, or whose mailbox Graph cannot read, is mailbox_missing', async () => {
  const { address } = await setUp();
  graph.disable(address);
  for (const [asked, said] of [
    ['nobody@contoso.example', /ErrorInvalidUser/],
    [address, /MailboxNotEnabledForRESTAPI/],
  ] as const) {
    for (const folder of ['INBOX', 'Vendas']) {
      const mailbox = graphMailbox(asked, { folder });
      const reading = openSession(graph.origin, mailbox, app).then(({ list }) => list(readFrom));
      const { code, message } = await failureOf(reading);
      assert.equal(code, 'mailbox_missing');
      assert.match(message, said);
      assert.doesNotMatch(message, /@/);
    }
  }
});

test('the token goes to no other host, whatever the next page is said to be', async () => {
  const asked: string[] = [];
  const elsewhere = await serveScript((request, response) => {
    asked.push(request.url ?? '');
    json(response, { value: [] });
  });
  const page = { value: [], '@odata.nextLink': `${elsewhere}/v1.0/users/x/messages?$skip=10` };
  const session = await scripted((_, response) => json(response, page));
  assert.equal((await failureOf(session.list(readFrom))).code, 'protocol_violation');

  const redirected = await scripted((_, response) => {
    response.writeHead(302, { location: `${elsewhere}/v1.0/x` }).end();
  });
  assert.equal((await failureOf(redirected.list(readFrom))).code, 'protocol_violation');
  assert.deepEqual(asked, []);
});

test('a silent service is given up after a minute, before the answer and in the middle of a mail', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked: string[] = [];
  const origin = await serveScript((request, response) => {
    asked.push(request.url ?? '');
    const isList = request.url?.includes('/mailFolders/');
    if (isList && asked.length === 1)
      json(response, { value: [{ id: 'a', receivedDateTime: '2026-03-02T00:00:00Z' }] });
    else if (!isList) response.writeHead(200).write('Subject: x\r\n');
  });
  const session = await openSession(origin, graphMailbox('ana@contoso.example'), withTokens('token'));
  assert.deepEqual(await session.list(readFrom), [graphId('a')]);
  const stream = await session.stream(graphId('a'));
  assert.ok(stream);
  await once(stream, 'readable');

  const reading = failureOf(stream.toArray());
  const listing = failureOf(session.list(readFrom));
  for (let turn = 0; asked.length < 3; turn++) {
    assert.ok(turn < 100_000, 'The list was not asked for.');
    await new Promise(resolve => setImmediate(resolve));
  }
  t.mock.timers.tick(60_000);
  assert.equal((await listing).code, 'mailbox_timeout');
  assert.equal((await reading).code, 'mailbox_timeout');
});

test('what ends the fetch ends every request', async () => {
  const ending = new AbortController();
  const session = await scripted(() => ending.abort(), ending.signal);
  assert.equal((await failureOf(session.list(readFrom))).code, 'mailbox_timeout');
  assert.equal((await failureOf(session.list(readFrom))).code, 'mailbox_timeout');
});

test('a list that is cut off is connection_lost', async () => {
  const session = await scripted((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"value":[');
    setImmediate(() => response.socket?.destroy());
  });
  assert.equal((await failureOf(session.list(readFrom))).code, 'connection_lost');
});

for (const [what, answer, expected] of [
  ['no JSON', (response: ServerResponse) => response.end('<html>'), 'protocol_violation'],
  [
    'a page of a proxy',
    (response: ServerResponse) => response.writeHead(502).end('<html>'),
    'connection_lost',
  ],
  [
    'an error of its own',
    (response: ServerResponse) => json(response, { error: { code: 'ErrorInternalServerError' } }, 500),
    'connection_lost',
  ],
] as const) {
  test(`an answer that is ${what} is ${expected}`, async () => {
    const session = await scripted((_, response) => void answer(response));
    assert.equal((await failureOf(session.list(readFrom))).code, expected);
  });
}

for (const [what, send] of [
  ['that nothing tells the end of', 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nSubject: x\r\n\r\nHalf'],
  ['with nothing in it', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
] as const) {
  test(`a mail ${what} is not taken for one`, async () => {
    const session = await scripted((request, response) => {
      if (request.url?.endsWith('$value')) response.socket?.end(send);
      else json(response, { value: [{ id: 'a', receivedDateTime: '2026-03-02T00:00:00Z' }] });
    });
    const [id = ''] = await session.list(readFrom);
    const streaming = session.stream(id).then(stream => stream?.toArray());
    assert.equal((await failureOf(streaming)).code, 'protocol_violation');
  });
}

test('drafts are left out; a mail without a date or a size is taken in', async () => {
  const value = [
    { id: 'draft', isDraft: true, receivedDateTime: '2026-03-02T00:00:00Z' },
    { id: 'mail', isDraft: false },
  ];
  const session = await scripted((_, response) => json(response, { value }));
  assert.deepEqual(await session.list(readFrom), [graphId('mail')]);
  const [listed] = await session.describe([graphId('mail')]);
  assert.ok(listed && listed.receivedAt > readFrom && listed.sizeBytes === 0);
});

test('a host that is unknown, shut, or of another authority is said as such', async () => {
  const list = async (origin: string) => {
    const session = await openSession(origin, graphMailbox('ana@contoso.example'), withTokens('token'));
    return (await failureOf(session.list(readFrom))).code;
  };
  assert.equal(await list('https://graph.invalid'), 'host_unknown');
  const [shut] = await findFreePorts(1);
  assert.equal(await list(`https://127.0.0.1:${shut}`), 'connection_refused');

  const dir = await mkdtemp(join(tmpdir(), 'malote-other-authority-'));
  const other = await serveScript((_, response) => json(response, { value: [] }), await createAuthority(dir));
  assert.equal(await list(other), 'certificate_invalid');
  await rm(dir, { recursive: true });
});

// The last one: the stand-in takes none of the tokens of the tests above any more.
test('a token that is revoked in the middle of a fetch is renewed once, however many need it', async () => {
  let asked = 0;
  let renewals = 0;
  const credential: Credential = {
    type: 'token',
    token: ({ renew } = { renew: false }) => {
      asked += 1;
      if (renew) renewals += 1;
      return graph.appToken();
    },
  };
  const { mailbox, session } = await setUp({ mails: 8, credential });
  const ids = await session.list(readFrom);
  graph.refuseTokens();
  const fetched = await Array.fromAsync(session.fetch(ids));
  graph.refuseTokens();
  const { disposed } = await session.dispose(ids, mailbox.afterRead, nothingNoted);
  assert.deepEqual([fetched.length, disposed.length], [8, 8]);
  assert.deepEqual([asked, renewals], [3, 2]);
});
