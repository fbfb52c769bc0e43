// Passes one HTTP request to the function and its answer back.
//
// With HTTP streams the request's arguments go through the programming model and its bytes to the library's own HTTP
// server, tied together by an invocation id. Only the library's response answers the caller: what the function threw or
// returned is not looked at, and a response that never comes is waited for until nothing has moved for `silenceMs`. What
// Azure's host (4.1037) does here:
// https://github.com/Azure/azure-functions-host/tree/dev/src/WebJobs.Script.Grpc/Server (DefaultHttpProxyService)

import { randomUUID } from 'node:crypto';
import {
  request as createHttpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type BindingData, bind, bindBody, spelling } from './binding-data.ts';
import type { HttpFunction } from './function-definition.ts';
import { describeError, type HostLog } from './host-log.ts';
import type { Invoke } from './invoke.ts';
import type { RouteParameters } from './route-table.ts';

const invocationIdHeader = 'x-ms-invocation-id';

/** A longer body is refused. https://learn.microsoft.com/azure/azure-functions/functions-scale#service-limits */
const largestBodyBytes = 104_857_600;

/** As RetryProxyHandler: a connection that broke before an answer is tried again. */
const retries = { attempts: 10, firstDelayMs: 50, longestDelayMs: 250 };

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

type Options = {
  libraryPort: number | undefined;
  /** Without a byte either way for so long, the exchange with the library is given up: 240 s in Azure. */
  silenceMs: number;
  invoke: Invoke;
  log: HostLog;
};

/** Gives the forwarder; it settles when the response has been sent or the client is gone. */
export function createForward({ libraryPort, silenceMs, invoke, log }: Options): Forward {
  return async (definition, parameters, request, response) => {
    const body = await readWhole(request);
    if (body === 'too large') {
      // An unread body would block the next request on this connection.
      request.resume();
      return answerEmpty(response, 500);
    }
    if (body === 'broken off') return;
    const invocationId = randomUUID();
    // What it throws is in the log; the caller hears nothing of it.
    void invoke(definition, {
      data: { http: {} },
      metadata: bindingData(request, parameters, body),
      invocationId,
      traceParent: header(request, 'traceparent'),
    }).catch(() => undefined);
    send({ request, response, body, headers: forwardedHeaders(request, invocationId) }, invocationId);
    await finished(response).catch(() => undefined);
  };

  function send(exchange: Exchange, invocationId: string, attempt = 1): void {
    const { request, response, body, headers } = exchange;
    const { method, url: path } = request;
    const toLibrary = createHttpRequest({
      host: '127.0.0.1',
      port: libraryPort,
      agent: false,
      method,
      path,
      headers,
    });
    const stop = () => toLibrary.destroy();
    response.once('close', stop);
    toLibrary.setTimeout(silenceMs, () => toLibrary.destroy(new Silence()));
    toLibrary.once('response', answer => {
      response.writeHead(answer.statusCode ?? 500, without(answer.headers, responseHopHeaders));
      response.flushHeaders();
      // Destroys the response when the answer breaks off: half a body must not look complete.
      pipeline(answer, response, () => undefined);
    });
    toLibrary.on('error', async error => {
      response.off('close', stop);
      if (response.destroyed) return;
      log('error', 'request-failed', { invocationId, message: describeError(error) });
      if (error instanceof Silence) return answerEmpty(response, 504);
      const mayRepeat = attempt < retries.attempts && body !== 'streamed' && body.length === 0;
      if (response.headersSent || !mayRepeat) return answerEmpty(response, 502);
      await delay(Math.min(retries.firstDelayMs * 2 ** (attempt - 1), retries.longestDelayMs));
      send(exchange, invocationId, attempt + 1);
    });
    if (body === 'streamed') {
      // The function may want to see a request whose body is still to come.
      toLibrary.flushHeaders();
      pipeline(request, toLibrary, () => undefined);
    } else {
      toLibrary.end(body);
    }
  }
}

type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  body: Buffer | 'streamed';
  headers: IncomingHttpHeaders;
};

class Silence extends Error {
  override message = 'The Functions library did not answer in time';
}

/** A body whose length was told is read to its end before anybody sees the request, for the host binds its members. */
async function readWhole(
  request: IncomingMessage,
): Promise<Buffer | 'streamed' | 'too large' | 'broken off'> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > largestBodyBytes) return 'too large';
  if (length === 0) return request.headers['transfer-encoding'] === undefined ? Buffer.alloc(0) : 'streamed';
  return buffer(request).catch(() => 'broken off' as const);
}

/** Answers with a status alone; a response that has begun can only be broken off. */
export function answerEmpty(response: ServerResponse, status: number): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { 'content-length': 0 }).end();
}

/** The host of October 2024 adds its id only where the caller gave none. */
function forwardedHeaders({ headers }: IncomingMessage, invocationId: string): IncomingHttpHeaders {
  return {
    ...without(headers, requestHopHeaders),
    'x-forwarded-host': headers.host ?? 'localhost',
    'x-forwarded-proto': 'http',
    [invocationIdHeader]: headers[invocationIdHeader] ?? invocationId,
  };
}

/**
 * Members of the body, then the query, then the path, each over the ones before; the headers only where nothing has their
 * name. The library takes `request.params` and the headers from here, the rest from the request itself. As
 * HttpTriggerAttributeBindingProvider:
 * https://github.com/Azure/azure-webjobs-sdk-extensions/tree/main/src/WebJobs.Extensions.Http
 */
function bindingData(
  request: IncomingMessage,
  parameters: RouteParameters,
  body: Buffer | 'streamed',
): BindingData {
  const data: BindingData = {};
  if (body !== 'streamed') bindBody(data, body.toString('utf8'));
  const query = new URLSearchParams(request.url?.split('?')[1]);
  for (const name of new Set(query.keys())) {
    if (name.toLowerCase() !== 'code') bind(data, name, { string: query.getAll(name).join(',') });
  }
  for (const [name, value] of Object.entries(parameters)) bind(data, name, { string: value });
  if (spelling(data, 'Headers') === undefined) data.Headers = { json: JSON.stringify(request.headers) };
  return data;
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function without(headers: IncomingHttpHeaders, names: string[]): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
