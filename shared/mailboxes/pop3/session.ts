// Reading a mailbox over POP3 (RFC 1939): a session is a transaction on a locked maildrop, and deletes nothing before QUIT.
import { Readable } from 'node:stream';
import { formerGeneration, pop3Generation } from '../../domain/mail/key.ts';
import type { ServerMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import { readEnvelope } from '../envelope.ts';
import { vetConnection } from '../guard.ts';
import { excusingTheServer } from '../kept-waiting.ts';
import { LARGEST_IN_BATCH_BYTES, LARGEST_MAIL_BYTES } from '../limits.ts';
import { openWith, type Proof } from '../proof.ts';
import { validityOf } from '../server-certificate.ts';
import type { Allowances, Envelope, Listed, Maildrop, Session, Target } from '../session.ts';
import { Pop3Client } from './client.ts';
import { isRefusal, toPop3Error } from './errors.ts';
import { logInPop3 } from './login.ts';
import { type Entry, type IdentifiedEntry, identifyEntries, listEntries, readHeaders } from './maildrop.ts';
import { Pop3Memory } from './memory.ts';
import { unlessNotice } from './notice.ts';
import { inOrder } from './pipeline.ts';
import { withoutAddedLineEnd } from './size.ts';

/** Connects and logs in. @throws MaloteError with a mailbox's code; `mailbox_busy` while another session has the lock */
export async function openPop3(
  { mailbox, credential, remembered, clock }: Target<ServerMailbox>,
  allowances: Allowances,
  signal: AbortSignal,
): Promise<Session> {
  const address = await vetConnection(mailbox, allowances);
  const client = await openWith(credential, proof => connect(mailbox, proof, address, signal));
  const session = new Pop3Session(client, new Pop3Memory(remembered), clock, signal);
  const generation = pop3Generation(mailbox);
  return {
    certificate: validityOf(client.secured),
    generation,
    formerly: formerGeneration(mailbox, generation),
    list: readFrom => session.list(readFrom),
    describe: async ids => session.describe(ids),
    fetch: ids => session.fetch(ids),
    stream: id => session.stream(id),
    envelope: id => session.envelope(id),
    dispose: async ids => {
      await session.markDeleted(ids);
      return { disposed: [], marked: [] };
    },
    maildrop: session,
    close: async () => session.close(),
  };
}

async function connect(
  { host, port, tls, caCertificate, username }: ServerMailbox,
  proof: Proof,
  address: string,
  signal: AbortSignal,
): Promise<Pop3Client> {
  let client: Pop3Client | undefined;
  try {
    client = await Pop3Client.connect({ address, host, port, tls, caCertificate, signal });
    await logInPop3(client, username, proof);
    return client;
  } catch (error) {
    client?.abandon();
    throw oursOf(error, signal, proof);
  }
}

class Pop3Session implements Maildrop {
  unlisted = 0;
  readonly #client: Pop3Client;
  readonly #memory: Pop3Memory;
  readonly #clock: () => Date;
  readonly #signal: AbortSignal;
  readonly #ask: ReturnType<typeof excusingTheServer>;
  #entries: Entry[] = [];
  #mails = new Map<string, IdentifiedEntry>();
  readonly #marked = new Set<string>();
  #deleted = new Set<number>();

  constructor(client: Pop3Client, memory: Pop3Memory, clock: () => Date, signal: AbortSignal) {
    this.#client = client;
    this.#memory = memory;
    this.#clock = clock;
    this.#signal = signal;
    this.#ask = excusingTheServer(clock);
  }

  list(readFrom: Date): Promise<string[]> {
    return this.#attempt(async () => {
      this.#entries = await listEntries(this.#client, this.#memory);
      const looked = await identifyEntries(this.#client, this.#entries, this.#memory, {
        readFrom,
        now: this.#clock(),
      });
      this.unlisted = looked.unlisted;
      this.#mails = new Map(looked.identified.map(mail => [mail.id, mail]));
      return [...this.#mails.keys()];
    });
  }

  describe(ids: string[]): Listed[] {
    return this.#find(ids).map(({ id, receivedAt, sizeBytes, withheld }) => ({
      id,
      receivedAt,
      sizeBytes,
      ...(withheld === undefined ? {} : { withheld }),
    }));
  }

  async *fetch(ids: string[]): AsyncGenerator<{ id: string; raw: Buffer }> {
    const given = this.#find(ids).filter(({ withheld }) => withheld === undefined);
    const mails = inOrder(this.#client, given, mail => this.#attempt(() => this.#download(mail)));
    for await (const { id, raw } of mails) if (raw) yield { id, raw };
  }

  async stream(id: string): Promise<Readable | undefined> {
    const [mail] = this.#find([id]);
    if (!mail || mail.withheld !== undefined) return undefined;
    return this.#attempt(() => this.#retrieve(mail));
  }

  /** Who wrote a mail, and what about: undefined when the server does not say. */
  async envelope(id: string): Promise<Envelope | undefined> {
    const [mail] = this.#find([id]);
    if (!mail || mail.withheld !== undefined) return undefined;
    const block = await this.#attempt(() => this.#client.top(mail.number).catch(ignoreRefusal));
    return block && readEnvelope(block);
  }

  /** Marks mails as deleted: only those whose identity was seen in this session. */
  markDeleted(ids: string[]): Promise<void> {
    return this.#attempt(async () => {
      const mails = this.#find(ids).filter(({ withheld }) => withheld === undefined);
      const unread = mails.filter(({ isRead }) => !isRead);
      const now = this.#clock();
      for await (const seen of inOrder(this.#client, unread, mail => readHeaders(this.#client, mail, now))) {
        const mail = unread.find(({ number }) => number === seen.number);
        if (!mail || seen.withheld !== undefined) continue;
        // Another mail in its place, under its UIDL: the next session takes it for what it is.
        if (seen.id !== mail.id) this.#forget(mail);
        else mail.isRead = true;
      }
      const certain = mails.filter(({ isRead }) => isRead);
      let refusal: unknown;
      const results = inOrder(this.#client, certain, mail =>
        this.#client.dele(mail.number).then(
          () => void this.#marked.add(mail.id),
          error => {
            if (!isRefusal(error)) throw error;
            refusal ??= error;
          },
        ),
      );
      for await (const _ of results);
      if (refusal) throw refusal;
    });
  }

  leaveAlone(ids: string[]): void {
    for (const { place } of this.#find(ids)) if (place !== undefined) this.#memory.noteFinished(place);
  }

  async commit(): Promise<string[]> {
    const marked = [...this.#marked];
    try {
      await this.#attempt(() => this.#client.quit());
    } catch (error) {
      // Nothing hangs on it.
      if (marked.length > 0) throw error;
    }
    this.#deleted = new Set(this.#find(marked).map(({ number }) => number));
    return marked;
  }

  toRemember(): string | undefined {
    const present = this.#entries.filter(({ number }) => !this.#deleted.has(number));
    return this.#memory.toText(present.flatMap(({ place }) => place ?? []));
  }

  close(): void {
    this.#client.abandon();
  }

  #find(ids: string[]): IdentifiedEntry[] {
    return ids.flatMap(id => this.#mails.get(id) ?? []);
  }

  #forget({ id, place }: IdentifiedEntry): void {
    this.#mails.delete(id);
    if (place !== undefined) this.#memory.forget(place);
  }

  async #download(mail: IdentifiedEntry): Promise<{ id: string; raw: Buffer | undefined }> {
    const stream = await this.#retrieve(mail);
    if (!stream) return { id: mail.id, raw: undefined };
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    for await (const piece of stream) {
      sizeBytes += piece.length;
      // What is longer than the server told is read to its end all the same, for the next response comes after it.
      if (sizeBytes < LARGEST_IN_BATCH_BYTES) pieces.push(piece);
    }
    return { id: mail.id, raw: sizeBytes < LARGEST_IN_BATCH_BYTES ? Buffer.concat(pieces) : undefined };
  }

  /** The bytes of a mail; undefined when the server does not give it. */
  async #retrieve(mail: IdentifiedEntry): Promise<Readable | undefined> {
    const given = await this.#client.retr(mail.number).catch(ignoreRefusal);
    const chunks = given && (await unlessNotice(given));
    if (!chunks) return undefined;
    return Readable.from(this.#oursFrom(withoutAddedLineEnd(chunks, mail.sizeBytes)), { objectMode: false });
  }

  /** Errors on the way reach the reader as ours. */
  async *#oursFrom(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const reading = chunks[Symbol.asyncIterator]();
    let sizeBytes = 0;
    try {
      for (;;) {
        const next = await this.#attempt(() => reading.next());
        if (next.done) return;
        sizeBytes += next.value.length;
        if (sizeBytes > LARGEST_MAIL_BYTES) {
          throw new MaloteError('protocol_violation', 'The server does not come to the end of a mail.');
        }
        yield next.value;
      }
    } finally {
      await reading.return?.();
    }
  }

  #attempt<T>(run: () => Promise<T>): Promise<T> {
    return this.#ask(async () => {
      try {
        return await run();
      } catch (error) {
        throw oursOf(error, this.#signal);
      }
    });
  }
}

function ignoreRefusal(error: unknown): undefined {
  if (!isRefusal(error)) throw error;
}

function oursOf(error: unknown, signal: AbortSignal, proof?: Proof): MaloteError {
  if (signal.aborted && signal.reason instanceof MaloteError) return signal.reason;
  return toPop3Error(error, proof);
}
