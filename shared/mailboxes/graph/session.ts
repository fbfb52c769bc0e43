// Reading a mailbox of Microsoft 365 over Microsoft Graph: list, fetch, dispose.
import { graphGeneration, graphId } from '../../domain/mail/key.ts';
import type { GraphMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import { mapConcurrently } from '../concurrency.ts';
import type { Allowances, Envelope, Session, Target } from '../session.ts';
import { GraphClient } from './client.ts';
import { disposeGraph, type ListedMessage } from './dispose.ts';
import { isNotFound, toGraphError } from './errors.ts';
import { findDestination, findSource, hiddenMailbox, INBOX_ID, isInbox, missingSource } from './folders.ts';
import {
  isReadable,
  listMessages,
  readEnvelope,
  readMail,
  receivedAt,
  sizeBytes,
  streamMail,
  withSizes,
} from './messages.ts';
import { MOST_AT_ONCE } from './transport.ts';

const MOST_REPEATS = 3;
/** A few seconds' work: no longer may a look at the lease and the service, or at where mails are, count. */
const MOST_DISPOSED = 20;
/** When one mail is refused. */
const OTHERS_TRIED = 3;

/**
 * Opens the folder. For the inbox nothing is asked yet: its name is the same everywhere, and an idle poll is one request
 * then. The token is asked for with the first request.
 * @throws MaloteError with a mailbox's code
 */
export async function openGraph(
  target: Target<GraphMailbox>,
  { graphUrl }: Allowances,
  signal: AbortSignal,
): Promise<Session> {
  const { mailbox, clock } = target;
  const closing = new AbortController();
  const ending = AbortSignal.any([signal, closing.signal]);
  const client = new GraphClient({ target, graphUrl, signal: ending, mostRepeats: MOST_REPEATS });
  const attempt = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw toGraphError(error, mailbox);
    }
  };
  const sourceId = isInbox(mailbox.folder) ? INBOX_ID : (await attempt(() => findSource(client, mailbox))).id;
  const folder = new GraphFolder(client, mailbox, sourceId, clock);
  return {
    generation: graphGeneration(mailbox),
    list: readFrom => attempt(() => folder.list(readFrom)),
    describe: async ids => folder.describe(ids),
    fetch: ids => folder.fetch(ids),
    stream: id => attempt(() => folder.stream(id)),
    envelope: id => attempt(() => folder.envelope(id)),
    dispose: ids => attempt(async () => ({ disposed: await folder.dispose(ids), marked: [] })),
    mostDisposed: MOST_DISPOSED,
    concurrent: true,
    close: async () => closing.abort(new MaloteError('connection_lost', 'The session is over.')),
  };
}

/** The folder that is read, with what the last list told of its mails. */
class GraphFolder {
  readonly #client: GraphClient;
  readonly #mailbox: GraphMailbox;
  readonly #sourceId: string;
  readonly #clock: () => Date;
  #known = new Map<string, ListedMessage>();
  /** Looked up at the first disposal: most sessions have none. */
  #destinationId: string | undefined;

  constructor(client: GraphClient, mailbox: GraphMailbox, sourceId: string, clock: () => Date) {
    this.#client = client;
    this.#mailbox = mailbox;
    this.#sourceId = sourceId;
    this.#clock = clock;
  }

  list(readFrom: Date): Promise<string[]> {
    return this.#inFolder(async () => {
      const known = new Map<string, ListedMessage>();
      const pages = listMessages(this.#client, this.#sourceId, { from: readFrom }, withSizes);
      for await (const { items } of pages) {
        for (const message of items.filter(({ isDraft }) => !isDraft)) {
          const { id: immutableId } = message;
          known.set(graphId(immutableId), {
            immutableId,
            receivedAt: receivedAt(message, this.#clock()),
            sizeBytes: sizeBytes(message),
          });
        }
      }
      this.#known = known;
      return [...known.keys()];
    });
  }

  describe(ids: string[]) {
    return this.#find(ids).map(([id, { receivedAt, sizeBytes }]) => ({ id, receivedAt, sizeBytes }));
  }

  async *fetch(ids: string[]): AsyncGenerator<{ id: string; raw: Buffer }> {
    const downloads = mapConcurrently(this.#find(ids), MOST_AT_ONCE, async ([id, { immutableId }]) => {
      try {
        return { id, raw: await readMail(this.#client, immutableId) };
      } catch (error) {
        throw await this.#whyRefused(error, id);
      }
    });
    for await (const { id, raw } of downloads) if (raw) yield { id, raw };
  }

  async stream(id: string) {
    const [found] = this.#find([id]);
    try {
      return found && (await streamMail(this.#client, found[1].immutableId));
    } catch (error) {
      throw await this.#whyRefused(error, id);
    }
  }

  async envelope(id: string): Promise<Envelope | undefined> {
    const [found] = this.#find([id]);
    return found && readEnvelope(this.#client, found[1].immutableId);
  }

  /** Who is given another mail is not short of a permission: then it is this mail, and the mailbox does not fail for it. */
  async #whyRefused(error: unknown, refused: string): Promise<MaloteError> {
    const ours = toGraphError(error, this.#mailbox);
    if (ours.code !== 'permission_missing') return ours;
    const others = [...this.#known].filter(([id]) => id !== refused).slice(-OTHERS_TRIED);
    for (const [, { immutableId }] of others) {
      if (await isReadable(this.#client, immutableId)) {
        return new MaloteError('protocol_violation', 'Microsoft Graph gives other mails, but refuses one.', {
          cause: error,
          cure: 'Nothing to do: it is tried alone, after all others, and set aside in the end.',
        });
      }
    }
    return ours;
  }

  dispose(ids: string[]): Promise<string[]> {
    return this.#inFolder(async () => {
      const mails = new Map(this.#find(ids));
      if (mails.size === 0) return [];
      this.#destinationId ??= (await findDestination(this.#client, this.#mailbox, this.#sourceId)).id;
      const route = { sourceId: this.#sourceId, destinationId: this.#destinationId };
      return disposeGraph(this.#client, this.#mailbox, mails, route);
    });
  }

  /** The folder itself may go away at any time. */
  async #inFolder<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw this.#sourceId === INBOX_ID ? hiddenMailbox(this.#mailbox, error) : missingSource(this.#mailbox);
    }
  }

  #find(ids: string[]): [id: string, mail: ListedMessage][] {
    return ids.flatMap(id => {
      const mail = this.#known.get(id);
      return mail ? [[id, mail] as [string, ListedMessage]] : [];
    });
  }
}
