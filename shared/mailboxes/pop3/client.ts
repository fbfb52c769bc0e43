// A POP3 connection (RFC 1939, 2449, 2595, 3206, 5034, 6856): byte exact, streaming with back-pressure, several commands in flight. Ours,
// since of the clients on npm none gave twelve awkward mails back to the byte, and all waited for ever for a silent server.

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type Body, collected, streamed } from './body.ts';
import { isRefusal, Pop3Error } from './errors.ts';
import { parseCapabilities, parseSizes, parseUidls } from './listings.ts';
import { type Endpoint, openSocket, secureSocket } from './socket.ts';

export type Pop3Options = Endpoint & {
  /** Ends the connection, and whatever waits for it, with its reason. */
  signal: AbortSignal;
  /** How long the server may say nothing: until it greets, and afterwards. */
  greetingTimeoutMs?: number;
  silenceTimeoutMs?: number;
};

/** RFC 2449 4 allows 512 octets; some servers greet at length. */
const LONGEST_LINE_BYTES = 8192;
/** A UIDL of a million mails. */
const LONGEST_LISTING_BYTES = 64 * 1024 * 1024;
/** Of a header block nobody needs more; what a server sends beyond is read and dropped. */
const HEADERS_KEPT_BYTES = 256 * 1024;

/** The line that answers a challenge (RFC 5034 4). */
export type Answer = (challenge: string) => string;

/** A command that waits for its response. */
type Pending = {
  /** The command without its arguments, which may be secret. */
  name: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  /** How the lines after +OK are read; undefined for responses of one line. */
  body: Body | undefined;
  /** What is answered to a challenge; undefined where none may come. */
  answer: Answer | undefined;
  /** +OK was read. */
  began: boolean;
};

/**
 * One connection. Commands may be called without waiting for the one before, where the server offers PIPELINING; their
 * responses come in order. After any failure but a refusal (-ERR) the connection is over.
 */
export class Pop3Client {
  /** What CAPA told, upper case, with its arguments; empty for servers without CAPA. */
  capabilities = new Map<string, string[]>();
  readonly #options: Pop3Options;
  readonly #pending: Pending[] = [];
  readonly #abort = () => void this.#fail(this.#options.signal.reason);
  #socket: Socket | undefined;
  #unread: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #paused = false;
  #isSecuring = false;

  private constructor(options: Pop3Options) {
    this.#options = options;
  }

  /**
   * Connects, with TLS as asked for: STLS (RFC 2595) that the server does not offer is an error, never done without.
   * @throws Pop3Error, Node's errors of sockets and TLS, or the signal's reason
   */
  static async connect(options: Pop3Options): Promise<Pop3Client> {
    options.signal.throwIfAborted();
    const client = new Pop3Client(options);
    options.signal.addEventListener('abort', client.#abort, { once: true });
    await client.#open();
    return client;
  }

  async #open(): Promise<void> {
    const { tls, greetingTimeoutMs = 15_000, silenceTimeoutMs = 60_000 } = this.#options;
    const greeting = this.#expect('greeting');
    const socket = openSocket(this.#options);
    if (tls === 'implicit') this.#secure(socket);
    this.#attach(socket, greetingTimeoutMs);
    await greeting;
    await this.readCapabilities();
    if (tls === 'starttls') await this.#startTls(greetingTimeoutMs);
    this.#socket?.setTimeout(silenceTimeoutMs);
  }

  async #startTls(timeoutMs: number): Promise<void> {
    if (!this.capabilities.has('STLS'))
      throw this.#fail(new Pop3Error('STLS', 'The server does not offer it.'));
    await this.#command('STLS');
    const plain = this.#socket;
    // Anything sent in the clear after +OK is somebody else's (CVE-2011-0411).
    if (!plain || this.#unread.length > 0) throw this.#fail(new Pop3Error('STLS', 'Data came before TLS.'));
    plain.removeAllListeners();
    plain.on('error', error => this.#fail(error));
    const secured = this.#expect('TLS');
    const encrypted = secureSocket(plain, this.#options);
    this.#secure(encrypted);
    this.#attach(encrypted, timeoutMs);
    encrypted.once('secureConnect', () => this.#pending.shift()?.resolve(undefined));
    await secured;
    await this.readCapabilities();
  }

  /** A connection that ends before it is secured is no connection that broke, but no TLS. */
  #secure(socket: Socket): void {
    socket.once('connect', () => {
      this.#isSecuring = true;
    });
    if (!socket.connecting) this.#isSecuring = true;
    socket.once('secureConnect', () => {
      this.#isSecuring = false;
    });
  }

  #attach(socket: Socket, timeoutMs: number): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(timeoutMs);
    socket.on('data', chunk => this.#read(chunk));
    socket.on('timeout', () => {
      // A server that is asked nothing says nothing, and a stream that nobody reads is silent by our own doing.
      if (this.#pending.length === 0 || this.#paused) return;
      this.#fail(new Pop3Error('ETIMEDOUT', 'The server said nothing.'));
    });
    socket.on('error', error => this.#fail(this.#isSecuring ? noTls(error) : error));
    socket.on('close', () => {
      const closed = new Pop3Error('ECONNRESET', 'The server closed the connection.');
      this.#fail(this.#isSecuring ? noTls(closed) : closed);
    });
  }

  /** The connection where it is encrypted. */
  get secured(): TLSSocket | undefined {
    return this.#socket instanceof TLSSocket ? this.#socket : undefined;
  }

  /** Asks what the server can do; before and after TLS and login the answers differ (RFC 2449 5). */
  async readCapabilities(): Promise<void> {
    this.capabilities = parseCapabilities((await this.#listing('CAPA').catch(ignoreRefusal)) ?? []);
  }

  /**
   * Tells a server that wants to know it that we read UTF-8 in headers (RFC 6856 2), before the login. Courier hands out a
   * notice of its own in the place of such mails otherwise.
   */
  async acceptUtf8(): Promise<void> {
    if (this.capabilities.has('UTF8')) await this.#command('UTF8').catch(ignoreRefusal);
  }

  /** Gives one command of the login, without a body in its response. What it says may be secret and is in no error. */
  async authenticate(command: string, answer?: Answer): Promise<void> {
    await this.#command(command, undefined, answer);
  }

  /** Sizes in octets by message number. */
  async list(): Promise<Map<number, number>> {
    return parseSizes(await this.#listing('LIST'));
  }

  /**
   * Unique ids by message number; undefined where the server has none. It is asked in any case: popa3d has them, and no CAPA.
   * @param isSure it had them before. Whoever refuses them now must not be taken for a server without: all ids would be others
   */
  async uidl(isSure = false): Promise<Map<number, string> | undefined> {
    const listed = this.#listing('UIDL');
    const lines = await (isSure || this.capabilities.has('UIDL') ? listed : listed.catch(ignoreRefusal));
    return lines && parseUidls(lines);
  }

  /** The header block of a mail, its first 256 kB. */
  top(message: number): Promise<Buffer> {
    return this.#command<Buffer>(
      `TOP ${message} 0`,
      collected(HEADERS_KEPT_BYTES, () => {}),
    );
  }

  /** A mail as it comes. It must be read to its end before the next response can be; destroying it ends the connection. */
  retr(message: number): Promise<Readable> {
    return this.#command<Readable>(
      `RETR ${message}`,
      streamed({ pause: () => this.#pause(), resume: () => this.#resume(), abandon: () => this.abandon() }),
    );
  }

  /** Marks a mail as deleted; it is removed by QUIT. */
  async dele(message: number): Promise<void> {
    await this.#command(`DELE ${message}`);
  }

  /** Ends the session. Only its success says that what was marked is deleted (RFC 1939 6). */
  async quit(): Promise<void> {
    await this.#command('QUIT');
    this.abandon();
  }

  /** Drops the connection: nothing is deleted. */
  abandon(): void {
    this.#fail(new Pop3Error('ECONNRESET', 'The connection was closed.'));
  }

  async #listing(command: string): Promise<string[]> {
    const tooLong = () => this.#fail(new Pop3Error('EPROTOCOL', `The response to ${command} has no end.`));
    const bytes = await this.#command<Buffer>(command, collected(LONGEST_LISTING_BYTES, tooLong));
    return bytes
      .toString('latin1')
      .split('\r\n')
      .filter(line => line !== '');
  }

  async #command<T>(command: string, body?: Body, answer?: Answer): Promise<T> {
    if (this.#failure) throw this.#failure;
    // What a mail or an administrator wrote must not become a command of its own.
    if (/[\r\n\0]/.test(command)) throw new Pop3Error('EPROTOCOL', 'A command had a line end in it.');
    const response = this.#expect<T>(command.split(' ', 1)[0] ?? '', body, answer);
    this.#socket?.write(`${command}\r\n`);
    return response;
  }

  #expect<T>(name: string, body?: Body, answer?: Answer): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({
        name,
        body,
        answer,
        resolve: resolve as Pending['resolve'],
        reject,
        began: false,
      });
    });
  }

  #read(chunk: Buffer): void {
    let unread = this.#unread.length > 0 ? Buffer.concat([this.#unread, chunk]) : chunk;
    this.#unread = Buffer.alloc(0);
    while (unread.length > 0 && !this.#failure) {
      const [pending] = this.#pending;
      if (!pending) {
        this.#unread = unread;
        if (unread.length > LONGEST_LINE_BYTES)
          this.#fail(new Pop3Error('EPROTOCOL', 'The server talks unasked.'));
        return;
      }
      const rest = pending.began ? this.#readBody(pending, unread) : this.#readStatus(pending, unread);
      if (rest === undefined) return;
      unread = rest;
    }
  }

  /** @returns what follows the line; undefined when it has not ended */
  #readStatus(pending: Pending, unread: Buffer): Buffer | undefined {
    const end = unread.indexOf('\n');
    if (end === -1) {
      this.#unread = unread;
      if (unread.length > LONGEST_LINE_BYTES)
        this.#fail(new Pop3Error('EPROTOCOL', 'A response has no end.'));
      return undefined;
    }
    const line = unread.toString('utf8', 0, end).trimEnd();
    if (pending.answer && /^\+( |$)/.test(line)) {
      this.#socket?.write(`${pending.answer(line.slice(1).trim())}\r\n`);
    } else if (line.startsWith('-ERR')) {
      this.#pending.shift();
      const said = line.slice('-ERR'.length).trim();
      pending.reject(
        new Pop3Error('REFUSED', `${pending.name} was refused.`, { command: pending.name, said }),
      );
    } else if (!line.startsWith('+OK')) {
      const said = { command: pending.name, said: line };
      this.#fail(new Pop3Error('EPROTOCOL', 'A response is neither +OK nor -ERR.', said));
    } else if (pending.body) {
      pending.began = true;
      if (pending.body.begin) pending.resolve(pending.body.begin());
    } else {
      this.#pending.shift();
      pending.resolve(undefined);
    }
    return unread.subarray(end + 1);
  }

  #readBody(pending: Pending, unread: Buffer): Buffer | undefined {
    const { body } = pending;
    if (!body) return undefined;
    const { pieces, rest } = body.dots.read(unread);
    for (const piece of pieces) body.take(piece);
    if (rest === undefined) return undefined;
    this.#pending.shift();
    pending.resolve(body.end());
    return rest;
  }

  #pause(): void {
    this.#paused = true;
    this.#socket?.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket?.resume();
  }

  /** Ends the connection; whatever waits for it fails with the first error there was. */
  #fail(error: Error): Error {
    if (this.#failure) return this.#failure;
    this.#failure = error;
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#socket?.destroy();
    for (const { body, began, reject } of this.#pending.splice(0)) {
      if (began) body?.fail?.(error);
      reject(error);
    }
    return error;
  }
}

/** What ends a handshake, if it tells no more than that: certificates and OpenSSL speak for themselves. */
function noTls(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') return error;
  return new Pop3Error('TLS', 'The server ends the connection instead of beginning TLS.');
}

function ignoreRefusal(error: unknown): undefined {
  if (!isRefusal(error)) throw error;
}
