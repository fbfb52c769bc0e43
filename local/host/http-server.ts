// The host's front door: listens, and sends each request to the function whose route it fits or to the admin
// route.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type AccessKeys, mayCall } from './access-keys.ts';
import { describeError, type HostLog } from './host-log.ts';
import { answerEmpty, type Forward } from './http-forward.ts';
import type { FindRoute } from './route-table.ts';
import type { RunningWork } from './running-work.ts';

/**
 * What the server needs of the app; it listens before the app is loaded, for the app may ask for its own
 * address.
 */
export type HttpApp = {
  findRoute: FindRoute;
  forward: Forward;
  /** Starts a function now; undefined when there is none of that name. */
  fire: (functionName: string, input: string | undefined) => Promise<void> | undefined;
  /** Undefined: anyone may call anything, as with `func start`. */
  keys: AccessKeys | undefined;
  /** Whether the root shows nothing where no function answers it. */
  isHomepageDisabled: boolean;
};

export type HttpServer = {
  port: number;
  /** Accepts no more connections; those under way go on. */
  stop: () => void;
  /** Ends every connection, whatever is under way. */
  close: () => void;
};

/** Listens at once and answers when `app` is there. A taken port rejects with a message that names it. */
export async function listen(
  { hostname, port }: { hostname: string; port: number },
  app: Promise<HttpApp>,
  running: RunningWork,
  log: HostLog,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    void running.track(
      app
        .then(loaded => answer(loaded, request, response))
        .catch(error => {
          log('error', 'request-failed', { message: describeError(error) });
          answerEmpty(response, 500);
        }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(explainListenError(error, hostname, port)));
    server.listen(port, hostname, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => server.close(),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(app: HttpApp, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '/'] = (request.url ?? '/').split('?');
  const [, fired] = /^\/admin\/functions\/([^/]+)$/.exec(path) ?? [];
  if (fired !== undefined && request.method === 'POST') {
    return answerAdmin(app, decodeURIComponent(fired), request, response);
  }
  const found = app.findRoute(request.method ?? 'GET', path);
  if (found === undefined) {
    if (path === '/') return answerHomepage(app, response);
    return answerEmpty(response, 404);
  }
  const { definition, parameters } = found;
  if (app.keys !== undefined && !mayCall(request, definition.trigger.authLevel, app.keys, definition.name)) {
    return answerEmpty(response, 401);
  }
  return app.forward(definition, parameters, request, response);
}

/** Azure's own page tells anybody that Functions run here. */
function answerHomepage({ isHomepageDisabled }: HttpApp, response: ServerResponse): void {
  if (isHomepageDisabled) response.writeHead(204).end();
  else response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Your Functions app is running</h1>');
}

/** https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http */
async function answerAdmin(
  app: HttpApp,
  functionName: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (app.keys !== undefined && !mayCall(request, 'admin', app.keys)) return answerEmpty(response, 401);
  let body: unknown;
  try {
    body = request.headers['content-length'] === '0' ? {} : await json(request);
  } catch {
    return answerEmpty(response, 400);
  }
  const started = app.fire(functionName, readInput(body));
  // Its failure is in the log: the answer says only that it was started.
  started?.catch(() => undefined);
  answerEmpty(response, started === undefined ? 404 : 202);
}

/** `{"input": "..."}`; an input that is not a string is given to the function as JSON. */
function readInput(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('input' in body)) return undefined;
  return typeof body.input === 'string' ? body.input : JSON.stringify(body.input);
}

function explainListenError(error: Error & { code?: string }, hostname: string, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error;
  const message = `Port ${port} of ${hostname} is already taken: end what listens there, or choose another port`;
  return new Error(message, { cause: error });
}
