// Microsoft's own client of Graph, set up for one mailbox: what is asked below it, in the way that all of it is asked.
import { Client, type GraphRequest, ResponseType } from '@microsoft/microsoft-graph-client';
import type { GraphMailbox } from '../../domain/service/service.ts';
import { MaloteError } from '../../errors.ts';
import type { Target } from '../session.ts';
import {
  retryWhenBusy,
  Tokens,
  throwRefusals,
  toMiddleware,
  unwrapError,
  withToken,
  wrapErrors,
} from './middleware.ts';
import { transport } from './transport.ts';

/** OData options by name, as they are meant: not encoded. */
export type Query = Record<string, string | number | boolean>;

/** A part of a list. `count` is of the whole list, where it was asked for; Graph does not always know it (-1). */
export type ListPage<Item> = { items: Item[]; count: number | undefined };

type Options = {
  target: Pick<Target<GraphMailbox>, 'mailbox' | 'credential' | 'clock'>;
  /** Origin of the service; national clouds have their own. */
  graphUrl: string;
  /** Ends everything. */
  signal: AbortSignal;
  /** How often a request is asked again when the service is busy. */
  mostRepeats: number;
};

/** What is asked of one mailbox. Everything fails with a GraphRefusal, or a MaloteError when nothing was answered. */
export class GraphClient {
  readonly #client: Client;
  readonly #tokens: Tokens;
  readonly #mailbox: string;

  constructor({ target, graphUrl, signal, mostRepeats }: Options) {
    const { origin } = new URL(graphUrl);
    this.#tokens = new Tokens(target.credential);
    this.#mailbox = `/users/${encodeURIComponent(target.mailbox.address)}`;
    const steps = [
      wrapErrors,
      withToken(this.#tokens, origin),
      retryWhenBusy(mostRepeats, signal),
      throwRefusals(target.clock),
      transport(signal),
    ];
    this.#client = Client.initWithMiddleware({
      baseUrl: `${origin}/`,
      defaultVersion: 'v1.0',
      middleware: steps.map(toMiddleware),
      // Ids that stay when a mail is moved. https://learn.microsoft.com/graph/outlook-immutable-id
      fetchOptions: { headers: { Prefer: 'IdType="ImmutableId"' }, redirect: 'manual' },
    });
  }

  /** Asks for the token. @throws MaloteError as the credential does */
  async logIn(): Promise<void> {
    await this.#tokens.current();
  }

  /** `path` is below the mailbox; its ids are encoded with `encodeURIComponent`. */
  async get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return readJson(await this.#send(path, query, request => request.get()));
  }

  /** The same with a JSON body. */
  async post<Answer>(path: string, body: Record<string, string>): Promise<Answer> {
    return readJson(await this.#send(path, {}, request => request.post(body)));
  }

  /** A text in the place of JSON; nothing comes back. */
  async postText(path: string, body: string): Promise<void> {
    const response = await this.#send(path, {}, request =>
      request.header('Content-Type', 'text/plain').post(body),
    );
    await response.body?.cancel();
  }

  /** A list, page by page; a page may be shorter than asked for. https://learn.microsoft.com/graph/paging */
  async *pages<Item>(path: string, query: Query): AsyncGenerator<ListPage<Item>> {
    let page = await this.get<ODataPage<Item>>(path, query);
    for (;;) {
      yield { items: page.value, count: page['@odata.count'] };
      const next = page['@odata.nextLink'];
      if (next === undefined) return;
      page = await readJson(await this.#ask(this.#client.api(next), request => request.get()));
    }
  }

  /** The bytes of something. One of these is to be read to its end, or cancelled. */
  async open(path: string): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send(path, {}, request =>
      // fetch takes a compressed body that was cut short for a whole one.
      request.header('Accept-Encoding', 'identity').get(),
    );
    const { body, headers } = response;
    if (body && (headers.has('transfer-encoding') || headers.has('content-length'))) return body;
    await body?.cancel();
    throw new MaloteError('protocol_violation', 'Nothing in the answer tells where it ends.', {
      cure: 'Check MICROSOFT_GRAPH_URL, and that no proxy on the way answers in its place.',
    });
  }

  #send(path: string, query: Query, send: (request: GraphRequest) => Promise<Response>): Promise<Response> {
    const encoded = Object.entries(query).map(([name, value]) => [name, encodeURIComponent(value)]);
    const request = this.#client.api(`${this.#mailbox}/${path}`).query(Object.fromEntries(encoded));
    return this.#ask(request, send);
  }

  async #ask(request: GraphRequest, send: (request: GraphRequest) => Promise<Response>): Promise<Response> {
    try {
      return await send(request.responseType(ResponseType.RAW));
    } catch (error) {
      throw unwrapError(error);
    }
  }
}

type ODataPage<Item> = { value: Item[]; '@odata.count'?: number; '@odata.nextLink'?: string };

async function readJson<Answer>(response: Response): Promise<Answer> {
  return (await response.json()) as Answer;
}
