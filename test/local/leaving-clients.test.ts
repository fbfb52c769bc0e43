// Clients that leave: no stand-in minds, whatever it was doing for them, and none ends the process it shares with the others.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobSASPermissions, BlobServiceClient } from '@azure/storage-blob';
import { startMailProxy } from '../../local/mail/fault-proxy.ts';
import { startTokenCheck } from '../../local/mail/token-check.ts';
import { startStack } from '../../local/stack.ts';
import { localAuthority } from '../support/authority.ts';
import { createMailTokens } from '../support/mail-tokens.ts';
import { sharedAzuritePort } from '../support/whole-run.ts';

const dir = await mkdtemp(join(tmpdir(), 'malote-leaving-'));
const authority = await localAuthority();
const ports = { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 };
const tlsDir = join(import.meta.dirname, '../../.local/tls');
const stack = await startStack({ dir, ports, tlsDir, inMemory: true, azuritePort: sharedAzuritePort() });
const { issuer } = await createMailTokens();
const tokenCheck = await startTokenCheck(issuer);
const mailServer = await startTalkingServer();
const mailProxy = await startMailProxy({ serverPort: portOf(mailServer) });
const secureMailProxy = await startMailProxy({ serverPort: portOf(mailServer), tls: authority });
after(async () => {
  await Promise.all([mailProxy.close(), secureMailProxy.close(), tokenCheck.close(), stack.close()]);
  mailServer.close();
  await rm(dir, { recursive: true });
});

type StandIn = {
  name: string;
  port: number;
  tls: boolean;
  /** What a client says; it stops after every part of it. */
  said: Buffer;
  /** Fails unless a request is answered as it should. */
  works: () => Promise<void>;
};

const { blob, cosmos, entra, graph, serviceBus } = stack;
const tokenPath = new URL(entra.tokenEndpoint).pathname;
/** More than fits into the buffers on the way, so that whoever leaves leaves in the middle of it. */
const long = Buffer.alloc(8_000_000, 'Long as it is. ');
const mailbox = 'ana@contoso.example';
const bearer = `authorization: Bearer ${await graphToken()}`;

const standIns: StandIn[] = [
  {
    name: 'Blob Storage that is written to',
    port: blob.port,
    tls: false,
    said: request('PUT', await blobPath('written'), ['x-ms-blob-type: BlockBlob'], 'x'.repeat(2_000)),
    works: answers(`http://127.0.0.1:${blob.port}/devstoreaccount1/mails?restype=container`, 403),
  },
  {
    name: 'Blob Storage that is read',
    port: blob.port,
    tls: false,
    said: request('GET', await blobPath('read', long), []),
    works: answers(`http://127.0.0.1:${blob.port}/devstoreaccount1/mails?restype=container`, 403),
  },
  {
    name: 'Cosmos DB',
    port: cosmos.port,
    tls: true,
    said: request('POST', '/dbs/malote/colls/ledger/docs', cosmosHeaders(), '{"id":"left"}'.padEnd(2_000)),
    works: answers(`${cosmos.endpoint}dbs`, 401),
  },
  {
    name: 'Entra ID',
    port: entra.port,
    tls: true,
    said: request(
      'POST',
      tokenPath,
      ['content-type: application/x-www-form-urlencoded'],
      'grant_type=client_credentials&client_id=left&client_secret='.padEnd(2_000, 'x'),
    ),
    works: answers(entra.jwksUri, 200),
  },
  {
    name: 'Graph that is written to',
    port: graph.port,
    tls: true,
    said: request(
      'POST',
      `/v1.0/users/${mailbox}/messages/1/move`,
      [bearer, 'content-type: application/json'],
      '{}'.padEnd(2_000),
    ),
    works: answers(`${graph.origin}/v1.0/users/${mailbox}/messages`, 401),
  },
  {
    name: 'Graph that is read',
    port: graph.port,
    tls: true,
    said: request('GET', await longMailPath(), [bearer, 'prefer: IdType="ImmutableId"']),
    works: answers(`${graph.origin}/v1.0/users/${mailbox}/messages`, 401),
  },
  {
    name: 'the token check of the mail server',
    port: Number(new URL(tokenCheck.url).port),
    tls: false,
    said: request('POST', '/introspect', [], 'token=left'.padEnd(2_000, 'x')),
    works: answers(tokenCheck.url, 200),
  },
  {
    name: 'Service Bus',
    port: serviceBus.port,
    tls: false,
    said: await sayingsOfRealClient(),
    works: async () => {
      const client = new ServiceBusClient(serviceBus.connectionString);
      await client.createSender('mail-events').sendMessages({ body: 1 });
      await client.close();
    },
  },
  ...[mailProxy, secureMailProxy].map(({ port }, n) => ({
    name: `the proxy before the mail server, ${n === 0 ? 'plain' : 'TLS'}`,
    port,
    tls: n === 1,
    said: Buffer.from('a LOGIN {4}\r\nuser secret\r\nb NOOP\r\n'),
    works: async () => {
      const { socket } = await connect(port, n === 1);
      socket.write('a NOOP\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(answer.toString(), /\* OK/);
      socket.destroy();
    },
  })),
];

type Client = {
  /** What it talks over, and the TCP connection below, which is the same without TLS. */
  socket: Socket;
  wire: Socket;
};

/** How a client ends: as one that closes, as one whose process is killed, and as one that stops writing but listens. */
const ways: Record<string, (client: Client) => unknown> = {
  closes: ({ wire }) => wire.destroy(),
  'is killed': ({ wire }) => wire.resetAndDestroy(),
  'says no more': ({ socket }) => socket.end(),
};

for (const { name, port, tls, said, works } of standIns) {
  describe(name, () => {
    for (const [way, leave] of Object.entries(ways)) {
      test(`a client that ${way} in the middle of what it says`, async () => {
        // At the start, in the first line, between two of them, in the last bytes: every part is somewhere in these.
        const lengths = Array.from({ length: 25 }, (_, n) => Math.ceil((said.length * n) / 24));
        await Promise.all(lengths.map(length => visit(port, tls, said.subarray(0, length), leave)));
        await works();
      });

      test(`a client that ${way} when the answer begins`, async () => {
        await visit(port, tls, said, async client => {
          await Promise.race([once(client.socket, 'data'), once(client.socket, 'close')]);
          client.socket.pause();
          leave(client);
        });
        await works();
      });
    }

    test('a client that speaks something else', async () => {
      const garbage = Buffer.from('\0\x01\xff\xfe GET\r\n\r\n{"a"'.repeat(200), 'latin1');
      await visit(port, tls, garbage, ({ socket }) => socket.end());
      await visit(port, false, garbage, ({ socket }) => socket.end());
      await works();
    });
  });
}

describe('a fault that is waited for', () => {
  for (const action of ['delay', 'drop', 'dropAfter', 'refuse', 'throttle'] as const) {
    test(`${action}: its client is gone when it comes`, async () => {
      const faulty = [blob, cosmos, entra, graph, serviceBus, mailProxy, secureMailProxy];
      for (const { faults } of faulty) faults.add({ on: '', action, delayMs: 20 });
      const asked = standIns.filter(({ name }) => name !== 'the token check of the mail server');
      await Promise.all(
        asked.flatMap(({ port, tls, said }) => [
          visit(port, tls, said, ({ wire }) => wire.resetAndDestroy()),
          visit(port, tls, said, ({ wire }) => wire.destroy()),
        ]),
      );
      for (const { faults } of faulty) faults.clear();
      for (const { works } of standIns) await works();
    });
  }
});

/** Connects, says `said`, leaves, and is done when the connection is. */
async function visit(
  port: number,
  tls: boolean,
  said: Buffer,
  leave: (client: Client) => unknown,
): Promise<void> {
  const client = await connect(port, tls);
  const closed = new Promise(resolve => client.wire.once('close', resolve));
  if (said.length > 0) await new Promise(resolve => client.socket.write(said, resolve));
  await leave(client);
  // Whoever only stops talking hears the answer, or that there is none.
  client.socket.resume();
  await closed;
}

async function connect(port: number, tls: boolean): Promise<Client> {
  const wire = connectTcp(port, '127.0.0.1');
  const socket = tls ? connectTls({ socket: wire, host: '127.0.0.1', ca: authority.caPem }) : wire;
  for (const each of [wire, socket]) each.on('error', () => {});
  await once(socket, tls ? 'secureConnect' : 'connect');
  return { wire, socket };
}

function request(method: string, path: string, headers: string[], body = ''): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    `content-length: ${body.length}`,
    ...headers,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

function answers(url: string, status: number): () => Promise<void> {
  return async () => {
    const response = await fetch(url);
    await response.arrayBuffer();
    assert.equal(response.status, status);
  };
}

/** Path and signature of a blob that may be read and written, with this content. */
async function blobPath(name: string, content?: Buffer): Promise<string> {
  const container = BlobServiceClient.fromConnectionString(blob.connectionString).getContainerClient('mails');
  const client = container.getBlockBlobClient(name);
  if (content) await client.uploadData(content);
  const expiresOn = new Date(Date.now() + 3_600_000);
  const permissions = BlobSASPermissions.parse('rcw');
  const { pathname, search } = new URL(await client.generateSasUrl({ permissions, expiresOn }));
  return pathname + search;
}

/** https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources */
function cosmosHeaders(): string[] {
  const date = new Date().toUTCString();
  const signed = `post\ndocs\ndbs/malote/colls/ledger\n${date.toLowerCase()}\n\n`;
  const signature = createHmac('sha256', Buffer.from(cosmos.key, 'base64')).update(signed).digest('base64');
  return [
    `authorization: ${encodeURIComponent(`type=master&ver=1.0&sig=${signature}`)}`,
    `x-ms-date: ${date}`,
    'x-ms-documentdb-partitionkey: ["left"]',
    'content-type: application/json',
  ];
}

async function graphToken(): Promise<string> {
  const { clientId, clientSecret } = entra.mailApps.secret;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: 'https://graph.microsoft.com/.default',
  });
  const response = await fetch(entra.tokenEndpoint, { method: 'POST', body });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function longMailPath(): Promise<string> {
  graph.addMailbox(mailbox);
  const id = await graph.deliver(mailbox, 'inbox', Buffer.concat([Buffer.from('\r\n'), long]));
  return `/v1.0/users/${mailbox}/messages/${id}/$value`;
}

/** What Azure's own client says up to its first message, heard by somebody in the middle. */
async function sayingsOfRealClient(): Promise<Buffer> {
  const said: Buffer[] = [];
  const middle = createTcpServer(client => {
    const server = connectTcp(serviceBus.port, '127.0.0.1');
    client.on('data', chunk => said.push(chunk));
    client.pipe(server).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(middle, 'listening');
  const through = serviceBus.connectionString.replace(`:${serviceBus.port}`, `:${portOf(middle)}`);
  const client = new ServiceBusClient(through);
  await client.createSender('mail-events').sendMessages({ body: 'said' });
  await client.close();
  middle.close();
  return Buffer.concat(said);
}

/** Greets like an IMAP server and says OK to every line. */
async function startTalkingServer(): Promise<Server> {
  const server = createTcpServer(socket => {
    socket.on('error', () => {});
    socket.write('* OK ready\r\n');
    socket.on('data', () => void socket.write('* OK yes\r\n'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
