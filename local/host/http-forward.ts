// Passes one HTTP request to the function and its answer back, as streams in both directions.
//
// With HTTP streams the request's arguments go through the programming model and its bytes to the library's
// own HTTP server, tied together by an invocation id. What Azure's host does here:
// https://github.com/Azure/azure-functions-host/tree/dev/src/WebJobs.Script.Grpc/Server (DefaultHttpProxyService)

import { randomUUID } from 'node:crypto';
import {
  request as createHttpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { TypedData } from './core-types.ts';
import type { HttpFunction } from './function-definition.ts';
import { describeError, type HostLog } from './host-log.ts';
import type { Invoke } from './invoke.ts';
import type { RouteParameters } from './route-table.ts';

const invocationIdHeader = 'x-ms-invocation-id';

/**
 * RFC 9110 7.6.1: what concerns one connection only is not passed on. `expect` was answered by our own
 * server.
 */
const requestHopHeaders = ['connection', 'keep-alive', 'te', 'upgrade', 'expect'];
const responseHopHeaders = ['connection', 'keep-alive', 'transfer-encoding', invocationIdHeader];

export type Forward = (
  definition: HttpFunction,
  parameters: RouteParameters,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;

/**
 * Gives the forwarder to the library at `libraryPort`; it settles when the response has been sent or the
 * client is gone.
 */
export function createForward(libraryPort: number | undefined, invoke: Invoke, log: HostLog): Forward {
  return async (definition, parameters, request, response) => {
    const invocationId = randomUUID();
    const toLibrary = createHttpRequest({
      host: '127.0.0.1',
      port: libraryPort,
      agent: false,
      method: request.method,
      path: request.url,
      headers: {
        ...without(request.headers, requestHopHeaders),
        'x-forwarded-host': request.headers.host ?? 'localhost',
        'x-forwarded-proto': 'http',
        [invocationIdHeader]: invocationId,
      },
    });
    // The function may want to see a request whose body is still to come.
    toLibrary.flushHeaders();
    request.pipe(toLibrary);
    response.once('close', () => toLibrary.destroy());

    toLibrary.once('response', answer => {
      response.writeHead(answer.statusCode ?? 500, without(answer.headers, responseHopHeaders));
      response.flushHeaders();
      // Destroys the response when the answer breaks off: half a body must not look complete.
      pipeline(answer, response, () => undefined);
    });
    toLibrary.on('error', error => {
      if (response.destroyed) return;
      log('error', 'request-failed', { invocationId, message: describeError(error) });
      answerEmpty(response, 502);
    });

    const answerWithoutLibrary = (status: number) => {
      request.unpipe(toLibrary);
      // An unread body would block the next request on this connection.
      request.resume();
      answerEmpty(response, status);
    };
    try {
      const input = { data: { http: {} }, metadata: bindingData(request, parameters), invocationId };
      const result = await invoke(definition, { ...input, traceParent: header(request, 'traceparent') });
      // Here Azure's host never answers, for the library sends nothing: a function must return a response.
      if (result === undefined || result === null) answerWithoutLibrary(204);
    } catch {
      answerWithoutLibrary(500);
    }
    await finished(response).catch(() => undefined);
  };
}

/** Answers with a status alone; a response that has begun can only be broken off. */
export function answerEmpty(response: ServerResponse, status: number): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { 'content-length': 0 }).end();
}

/** The library reads headers and route parameters from here, the rest from the streamed request. */
function bindingData(request: IncomingMessage, parameters: RouteParameters): Record<string, TypedData> {
  const data: Record<string, TypedData> = { Headers: { json: JSON.stringify(request.headers) } };
  for (const [name, value] of Object.entries(parameters)) data[name] = { string: value };
  return data;
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function without(headers: IncomingHttpHeaders, names: string[]): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
