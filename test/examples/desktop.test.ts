// The sample desktop, joined to a bus and to an API that wants its token.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { Webhook } from 'standardwebhooks';
import { startDesktop } from '../../examples/desktop/desktop.ts';
import type { Settings } from '../../examples/desktop/settings.ts';
import type { ServiceBus } from '../../local/service-bus/server.ts';
import { createAuthority } from '../../local/tls.ts';
import type { OutgoingEvent } from '../../shared/domain/event/envelope.ts';
import { mailReceived } from '../../shared/domain/event/mail.ts';
import type { MailKey } from '../../shared/domain/ids.ts';
import { mailFacts } from '../domain/event/facts.ts';
import { until } from '../support/until.ts';
import { makeFolder, startStackBus } from './local-stack.ts';
import { startProgram } from './program.ts';

describe('the sample desktop', () => {
  let broker: ServiceBus;
  let client: ServiceBusClient;
  let api: Server;
  let baseUrl: string;
  let settings: Settings;
  let printed: string[];
  /** What the API answers by path; what is not here is 503. */
  const served = new Map<string, string>();
  const asked: string[] = [];
  /** What was told by calls whose signature fits. */
  const signed: Record<string, unknown>[] = [];
  let mails = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === '/token') {
      const form = new URLSearchParams(await text(request));
      assert.deepEqual(Object.fromEntries(form), {
        grant_type: 'client_credentials',
        client_id: 'desktop',
        client_secret: 'geheim',
        scope: 'api://malote/.default',
      });
      response.end(JSON.stringify({ access_token: 'token-1', expires_in: 3600 }));
      return;
    }
    if (request.url === '/api/webhook/attendances/closed') {
      const { body, headers } = { body: await text(request), headers: request.headers };
      const sent = new Webhook(settings.webhookSecret ?? '').verify(body, headers as Record<string, string>);
      signed.push(sent as Record<string, unknown>);
    } else assert.equal(request.headers.authorization, 'Bearer token-1');
    const body = served.get(request.url ?? '');
    response.writeHead(body === undefined ? 503 : 200).end(body);
  }

  before(async () => {
    broker = await startStackBus();
    client = new ServiceBusClient(broker.connectionString, { retryOptions: { retryDelayInMs: 1_000 } });
    api = createServer(answer);
    await once(api.listen(0, '127.0.0.1'), 'listening');
    baseUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  });

  after(async () => {
    await client.close();
    api.close();
    await broker.close();
  });

  beforeEach(async () => {
    const token = {
      endpoint: `${baseUrl}/token`,
      scope: 'api://malote/.default',
      clientId: 'desktop',
      clientSecret: 'geheim',
    };
    const folder = join(await makeFolder(), 'downloads');
    settings = { serviceBus: broker.connectionString, token, folder };
    printed = [];
    asked.length = 0;
  });

  /** Runs the desktop in this process until the test ends. */
  function runDesktop(t: TestContext): void {
    const desktop = startDesktop(settings, { print: line => void printed.push(line), pauseMs: 10 });
    t.after(desktop.close);
  }

  /** Facts of a mail with a key of its own, its addresses leading to the API of this test. */
  const facts = (changed: Parameters<typeof mailFacts>[0] = {}) =>
    mailFacts(changed, { baseUrl, mailKey: `sac.${++mails}` as MailKey });

  async function publish({ event }: OutgoingEvent, messageId = event.id): Promise<void> {
    await client.createSender('mail-events').sendMessages({ body: event, messageId });
  }

  async function prints(words: string, times = 1): Promise<void> {
    const found = () => printed.filter(line => line.includes(words)).length >= times;
    await until(`"${words}" to be printed`, found, () => printed.join('\n'));
  }

  /** Waits until nothing is left in the subscription. */
  async function allCompleted(): Promise<void> {
    const platform = client.createReceiver('mail-events', 'platform');
    await until('the last message to go', async () => (await platform.peekMessages(1)).length === 0);
    await platform.close();
  }

  it('shows a mail, downloads its first attachment with a token, and completes the message', async t => {
    runDesktop(t);
    const mail = facts({ html: null });
    mail.mail.headers = { ...mail.mail.headers, from: [{ name: 'Formulário', address: 'sac@example.com' }] };
    served.set(`/api/mails/${mail.mailKey}/attachments/0`, 'nota fiscal');
    await publish(mailReceived(mail));
    await prints('saved');
    assert.deepEqual(printed.slice(0, 6), [
      '\n1. Pedido 42',
      '  from   Formulário <sac@example.com>',
      '  answer Ana <ana@example.com>',
      '  queue  Vendas (open until 2026-03-02T18:00:00-03:00)',
      '  kind   from a person, 1 attachment(s)',
      '  | Bom dia',
    ]);
    const [file = ''] = await readdir(settings.folder);
    assert.match(file, /-nota\.pdf$/);
    assert.equal(await readFile(join(settings.folder, file), 'utf8'), 'nota fiscal');
    await allCompleted();
  });

  it('puts the HTML of a mail into a page that lets none of it out', async t => {
    runDesktop(t);
    await publish(mailReceived(facts({ html: '<p title="&lt;">Oi</p>', attachments: [] })));
    await prints('page');
    const [file = ''] = await readdir(settings.folder);
    assert.match(file, /-mail\.html$/);
    const page = await readFile(join(settings.folder, file), 'utf8');
    assert.match(page, /<iframe sandbox="allow-popups allow-popups-to-escape-sandbox"/);
    assert.match(page, /default-src 'none'/);
    assert.match(page, /overflow: hidden; contain: paint/);
    assert.ok(page.includes('<p title=&quot;&amp;lt;&quot;>Oi</p>'), 'inside of the attribute');
    await allCompleted();
  });

  it('drops an event that comes again', async t => {
    runDesktop(t);
    const mail = mailReceived(facts({ attachments: [] }));
    await publish(mail);
    // Past the topic's window for duplicates the same event can arrive again.
    await publish(mail, 'long after');
    await publish(mailReceived(facts({ attachments: [], newText: 'the next one' })));
    await prints('the next one');
    await allCompleted();
    assert.equal(printed.filter(line => line.includes('Pedido 42')).length, 2);
  });

  it('fetches the data of an event that was too long to carry it', async t => {
    runDesktop(t);
    const mail = facts({ attachments: [], newText: 'tudo', text: 'x' });
    const long = 'x'.repeat(70_000);
    const outgoing = mailReceived({
      ...mail,
      mail: { ...mail.mail, headers: { ...mail.mail.headers, subject: long } },
    });
    assert.equal(outgoing.event.data, undefined);
    served.set(`/api/mails/${mail.mailKey}/data/1`, JSON.stringify(outgoing.data?.value));
    await publish(outgoing);
    await prints('| tudo');
    await allCompleted();
  });

  it('shows until when a group is there, and the form; discards what is told to, and says when it may not', async t => {
    const desktop = startDesktop(settings, { print: line => void printed.push(line), pauseMs: 10 });
    t.after(desktop.close);
    const mail = facts({ attachments: [], html: null });
    mail.preRegistration = {
      formId: 'f',
      formName: 'F',
      fields: [{ id: 'pedido', label: 'Pedido', value: 4711 }],
      missing: [],
    };
    await publish(mailReceived(mail));
    await prints('form   Pedido: 4711');
    await prints('queue  Vendas (open until 2026-03-02T18:00:00-03:00)');
    await desktop.discard(1, 'Repetido.');
    await prints('1 is not discarded: POST');
    served.set(`/api/mails/${mail.mailKey}/discard`, '{}');
    await desktop.discard(1, 'Repetido.');
    await prints('1 is discarded.');
    await desktop.discard(2, '');
    await prints('There is no mail 2.');
  });

  it('closes an attendance by a signed call, and prints the link of the customer', async t => {
    const desktop = startDesktop(settings, { print: line => void printed.push(line), pauseMs: 10 });
    t.after(desktop.close);
    const mail = facts({ attachments: [], html: null });
    await publish(mailReceived(mail));
    await prints('Pedido 42');
    await desktop.closeAttendance(1);
    await prints('There is no WEBHOOK_SECRET to sign with.');
    settings.webhookSecret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    const path = '/api/webhook/attendances/closed';
    await desktop.closeAttendance(1);
    await prints('1 is not closed: 503');
    served.set(path, JSON.stringify({ link: 'https://x/s/abc', suppressed: null, expiresAt: '2026-03-16' }));
    await desktop.closeAttendance(1);
    await prints('1 is closed; until 2026-03-16: https://x/s/abc');
    served.set(path, JSON.stringify({ link: null, suppressed: 'automatic', expiresAt: null }));
    await desktop.closeAttendance(1);
    await prints('1 is closed, nobody is asked: automatic');
    const told = signed.map(({ attendanceId, serviceId, mailKey }) => [attendanceId, serviceId, mailKey]);
    const once = [`sample-${mail.mailKey}`, 'sac', mail.mailKey];
    assert.deepEqual(told, [once, once, once]);
    await desktop.closeAttendance(2);
    await prints('There is no mail 2.');
  });

  it('cuts what is longer than the terminal is wide, and lets no mail steer it', async t => {
    const desktop = startDesktop(settings, { print: line => void printed.push(line), width: 20 });
    t.after(desktop.close);
    const lines = [
      'exactly as it is',
      'a line too long',
      `${'x'.repeat(15)}👨‍👩‍👧`,
      '\x1b[2J',
      'z'.repeat(10_000),
    ];
    await publish(mailReceived(facts({ attachments: [], html: null, newText: lines.join('\n') })));
    await prints('zzz');
    assert.deepEqual(printed.slice(1), [
      '  from   Ana <ana@e…',
      '  answer Ana <ana@e…',
      '  queue  Vendas (op…',
      '  kind   from a per…',
      '  | exactly as it is',
      '  | a line too long',
      `  | ${'x'.repeat(15)}👨‍👩‍👧`,
      '  |  [2J',
      `  | ${'z'.repeat(15)}…`,
    ]);
  });

  it('hands a message back when the API does not answer, and handles it when it does', async t => {
    runDesktop(t);
    const mail = facts();
    await publish(mailReceived(mail));
    await prints('not handled, comes again: Error: GET');
    served.set(`/api/mails/${mail.mailKey}/attachments/0`, 'nota fiscal');
    await prints('saved');
    await allCompleted();
  });

  it('asks for one token and uses it again', async t => {
    runDesktop(t);
    for (const _ of [1, 2]) {
      const mail = facts();
      served.set(`/api/mails/${mail.mailKey}/attachments/0`, '');
      await publish(mailReceived(mail));
    }
    await prints('saved', 2);
    assert.equal(asked.filter(request => request === 'POST /token').length, 1);
  });

  it('joins a running local stack, trusting its authority, and ends with Ctrl-C', async t => {
    const { caFile, certPem: cert, keyPem: key } = await createAuthority(join(await makeFolder(), 'tls'));
    const secure = createSecureServer({ cert, key }, answer);
    await once(secure.listen(0, '127.0.0.1'), 'listening');
    const url = `https://localhost:${(secure.address() as AddressInfo).port}`;
    const mail = { ...facts(), baseUrl: url };
    served.set(`/api/mails/${mail.mailKey}/attachments/0`, 'nota fiscal');
    await publish(mailReceived(mail));

    const folder = await makeFolder({
      caFile,
      app: { url },
      serviceBus: { connectionString: broker.connectionString },
      entra: {
        tokenEndpoint: `${url}/token`,
        audience: 'api://malote',
        clients: {
          Platform: { clientId: 'desktop', clientSecret: 'geheim', scope: 'api://malote/.default' },
        },
      },
    });
    const program = startProgram('examples/desktop/main.ts', [], folder);
    t.after(() => {
      program.kill();
      secure.close();
    });
    await program.says('saved');
    assert.equal(await program.interrupt(), 0);
    assert.equal((await readdir(join(folder, '.local/desktop'))).length, 2, 'the page and the attachment');
  });

  it('joins what the environment names', async t => {
    await publish(mailReceived(facts({ attachments: [] })));
    const program = startProgram('examples/desktop/main.ts', [], await makeFolder(), {
      SERVICE_BUS: broker.connectionString,
      TOKEN_ENDPOINT: settings.token.endpoint,
      TOKEN_SCOPE: settings.token.scope,
      CLIENT_ID: settings.token.clientId,
      CLIENT_SECRET: settings.token.clientSecret,
    });
    t.after(program.kill);
    await program.says('| Bom dia');
    assert.equal(await program.interrupt(), 0);
  });

  it('says what it needs where it finds neither variables nor a local stack', async () => {
    const program = startProgram('examples/desktop/main.ts', [], await makeFolder());
    assert.equal(await program.ended, 1);
    assert.match(program.said.err, /no local stack is running here.*SERVICE_BUS/s);
  });
});
