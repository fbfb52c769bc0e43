// In front of an IMAP or POP3 server: passes on what both sides say, unless a fault says otherwise.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Fault, Faults, waitOut } from '../faults.ts';
import type { Authority } from '../tls.ts';
import { CommandReader, type Piece } from './command-reader.ts';
import { Pop3CommandReader } from './pop3-commands.ts';

export type MailProxy = {
  port: number;
  /**
   * Operations are called `connect` and, as the client wrote them without their tag, `UID MOVE 7 Done`. `dropAfter` lets
   * the server finish the command; the client sees nothing of its reply.
   */
  faults: Faults;
  /** Cuts the connection that carries it after so many more bytes from the server, once. */
  cutAfterBytes: (count: number) => void;
  close: () => Promise<void>;
};

type Options = {
  /** What the server speaks; IMAP unless told. POP3 is followed as long as its client awaits each reply. */
  protocol?: Protocol;
  /** 0 for any free one. */
  port?: number;
  /** Where the server takes connections without TLS, which the proxy can read. */
  serverPort: number;
  /** The proxy then speaks implicit TLS to the client. */
  tls?: Authority;
  faults?: Faults;
};

export async function startMailProxy({
  protocol = 'imap',
  port = 0,
  serverPort,
  tls,
  faults = new Faults(),
}: Options): Promise<MailProxy> {
  const sockets = new Set<Socket>();
  const bytesLeft = { untilCut: Number.POSITIVE_INFINITY };
  const accept = (client: Socket) => {
    void relay(client, { protocol, serverPort, faults, bytesLeft });
  };
  const server = tls ? createTlsServer({ cert: tls.certPem, key: tls.keyPem }, accept) : createServer(accept);
  // All of them, also those that never come to an end with their handshake.
  server.on('connection', socket => sockets.add(socket.once('close', () => sockets.delete(socket))));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    faults,
    cutAfterBytes(count) {
      bytesLeft.untilCut = count;
    },
    async close() {
      const closed = once(server.close(), 'close');
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** One connection, until either side or a fault ends it. */
async function relay(client: Socket, { protocol, serverPort, faults, bytesLeft }: Relay): Promise<void> {
  const words = wordsOf[protocol];
  // Lost connections are this proxy's trade: an error says no more than the close that follows it.
  client.on('error', () => {});
  const fault = faults.take('connect');
  if (fault?.action === 'delay') await waitOut(fault);
  if (fault?.action === 'refuse') client.end(words.down);
  if (fault?.action === 'throttle') client.end(words.full);
  if (fault?.action === 'drop' || fault?.action === 'dropAfter') client.destroy();
  if (client.destroyed || client.writableEnded) return;

  const server = connect(serverPort, '127.0.0.1');
  server.on('error', () => {});
  client.on('close', () => server.destroy());
  server.on('close', () => client.destroy());
  const doubt = new Doubt(words.ends);
  // Leaving the loop over a socket destroys it, and with it the other one.
  await Promise.allSettled([
    passCommands(client, server, { words, faults, doubt }),
    passReplies(server, client, doubt, bytesLeft),
  ]);
}

async function passCommands(
  client: Socket,
  server: Socket,
  { words, faults, doubt }: { words: Words; faults: Faults; doubt: Doubt },
): Promise<void> {
  const reader = words.reader();
  for await (const chunk of client) {
    for (const piece of reader.read(chunk)) {
      const fault = piece.command && faults.take(piece.command.text);
      if (fault?.action === 'delay') await waitOut(fault);
      if (fault?.action === 'drop') return;
      if (fault?.action === 'dropAfter') doubt.raise(piece.command?.tag ?? '');
      const refusal = refusalOf(words, piece, fault);
      if (refusal) client.write(refusal);
      else server.write(piece.bytes);
    }
  }
}

type Protocol = 'imap' | 'pop3';

/** What a protocol says when something is wrong: response codes of RFC 5530, RFC 2449 and RFC 3206. */
type Words = {
  reader: () => { read: (chunk: Buffer) => Iterable<Piece> };
  down: string;
  full: string;
  refused: (tag: string) => string;
  throttled: (tag: string) => string;
  /** Whether a reply has come to its end. */
  ends: (reply: string, tag: string) => boolean;
};

const wordsOf: Record<Protocol, Words> = {
  imap: {
    reader: () => new CommandReader(),
    down: '* BYE [UNAVAILABLE] Down for maintenance\r\n',
    full: '* BYE [LIMIT] Too many connections\r\n',
    refused: tag => `${tag} NO [UNAVAILABLE] A backend is down\r\n`,
    throttled: tag => `${tag} NO [LIMIT] Too many commands\r\n`,
    ends: (reply, tag) => `\n${reply}`.includes(`\n${tag} `),
  },
  pop3: {
    reader: () => new Pop3CommandReader(),
    down: '-ERR [SYS/TEMP] Down for maintenance\r\n',
    full: '-ERR [SYS/TEMP] Too many connections\r\n',
    refused: () => '-ERR [SYS/TEMP] A backend is down\r\n',
    throttled: () => '-ERR [LOGIN-DELAY] Too many commands\r\n',
    ends: reply => reply.includes('\n'),
  },
};

type Relay = {
  protocol: Protocol;
  serverPort: number;
  faults: Faults;
  bytesLeft: { untilCut: number };
};

function refusalOf(words: Words, { command }: Piece, fault: Fault | undefined): string | undefined {
  if (fault?.action === 'refuse') return words.refused(command?.tag ?? '');
  if (fault?.action === 'throttle') return words.throttled(command?.tag ?? '');
  return undefined;
}

async function passReplies(
  server: Socket,
  client: Socket,
  doubt: Doubt,
  bytesLeft: { untilCut: number },
): Promise<void> {
  for await (const chunk of server) {
    if (doubt.isRaised) {
      if (doubt.isOver(chunk)) return;
      continue;
    }
    const passed = chunk.subarray(0, bytesLeft.untilCut);
    bytesLeft.untilCut -= passed.length;
    await new Promise(resolve => client.write(passed, resolve));
    if (bytesLeft.untilCut > 0) continue;
    bytesLeft.untilCut = Number.POSITIVE_INFINITY;
    return;
  }
}

/** A command whose reply is awaited and not passed on: its outcome is for the client to find out. */
class Doubt {
  readonly #ends: Words['ends'];
  #tag: string | undefined;
  #reply = '';

  constructor(ends: Words['ends']) {
    this.#ends = ends;
  }

  raise(tag: string): void {
    this.#tag = tag;
  }

  get isRaised(): boolean {
    return this.#tag !== undefined;
  }

  /** Whether the server has finished. */
  isOver(chunk: Buffer): boolean {
    this.#reply += chunk.toString('latin1');
    return this.#ends(this.#reply, this.#tag ?? '');
  }
}
