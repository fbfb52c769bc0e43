// In front of Azurite: passes every request on as it is, unless a fault says otherwise.
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished, pipeline } from 'node:stream/promises';
import { type Faults, waitOut } from '../faults.ts';
import { answerEach, breakOff, closeServer } from '../http-server.ts';

type Options = { port: number; azuritePort: number; account: string; faults: Faults };

export async function startFaultProxy({ port, azuritePort, account, faults }: Options) {
  // With a time of its own the agent also heeds Azurite's, and does not write on connections that are being closed for rest.
  const agent = new Agent({ keepAlive: true, timeout: 30_000 });

  const server = createServer();
  // One of the two sides that went away is no failure: so does the other.
  answerEach(server, (incoming, outgoing) => answer(incoming, outgoing).catch(() => breakOff(outgoing)));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const fault = faults.take(operationName(incoming, account));
    switch (fault?.action) {
      case 'drop':
        return breakOff(outgoing);
      case 'refuse':
        return refuse(incoming, outgoing, {});
      case 'throttle':
        return refuse(incoming, outgoing, {
          'retry-after': `${Math.ceil((fault.delayMs ?? 1_000) / 1_000)}`,
        });
      case 'delay':
        await waitOut(fault);
    }
    const upstream = await forward(incoming);
    if (fault?.action === 'dropAfter') {
      upstream.resume();
      await finished(upstream);
      return breakOff(outgoing);
    }
    outgoing.writeHead(upstream.statusCode ?? 502, upstream.rawHeaders);
    await pipeline(upstream, outgoing);
  }

  /** Headers go on untouched: the signature covers them, and Azurite checks it. */
  async function forward(incoming: IncomingMessage): Promise<IncomingMessage> {
    const { method = 'GET', url = '/', rawHeaders } = incoming;
    const onward = request({
      host: '127.0.0.1',
      port: azuritePort,
      agent,
      method,
      path: url,
      headers: rawHeaders,
    });
    // It may fail once more after its answer has come.
    onward.on('error', () => {});
    // Not waited for: an answer may come before the body was read to its end.
    pipeline(incoming, onward).catch(error => onward.destroy(error));
    const [response] = await once(onward, 'response');
    return response;
  }

  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      await closeServer(server);
      agent.destroy();
    },
  };
}

/** Method and path below the account, with the sub-resource that tells operations on one path apart. */
function operationName({ method, url = '/' }: IncomingMessage, account: string): string {
  const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
  const path = decodeURIComponent(pathname).slice(`/${account}/`.length);
  const comp = searchParams.get('comp');
  return `${method} ${path}${comp === null ? '' : `?comp=${comp}`}`;
}

/** What the service answers when it has too much to do. */
async function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  headers: Record<string, string>,
): Promise<void> {
  incoming.resume();
  outgoing.writeHead(503, { 'content-type': 'application/xml', 'x-ms-error-code': 'ServerBusy', ...headers });
  outgoing.end(
    '<?xml version="1.0"?><Error><Code>ServerBusy</Code><Message>The server is busy.</Message></Error>',
  );
}
