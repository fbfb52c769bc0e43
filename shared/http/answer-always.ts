// That every caller gets an answer: also when a function fails or returns nothing, when a body breaks off half way, and
// when a request never comes to its function.
//
// Under enableHttpStream the host passes a request on to a server inside the Functions library and waits for its response.
// The library (4.16.5) sends none after an exception or an empty result, and leaves one open whose body broke: the host
// (4.1037) then keeps the caller for 240 s. https://github.com/Azure/azure-functions-nodejs-library/issues/324
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ReadableStream } from 'node:stream/web';
import {
  type app,
  type HttpHandler,
  type HttpRequest,
  HttpResponse,
  type InvocationContext,
} from '@azure/functions';
import { MaloteError, whereOf } from '../errors.ts';
import { createLog, type Log } from '../log.ts';
import { type Problem, toProblem } from './problem.ts';
import { refuse } from './refuse.ts';

const invocationIdHeader = 'x-ms-invocation-id';

/** The function and its request come at the same time, in two ways; a busy process may see one of them late. */
const PATIENCE_MS = 30_000;

/** A response of the library that is not sent yet, and what happens if no function ever takes it on. */
type Open = { response: ServerResponse; orphaned: NodeJS.Timeout };

/**
 * Watches over all HTTP functions of the app; to be called once, before they run. What is sent is sent at most once, so it
 * is harmless where host and library answer by themselves.
 * @param patienceMs how long a request may wait for its function to begin
 */
export function answerAlways(hook: typeof app.hook, patienceMs = PATIENCE_MS): void {
  const open = new Map<string, Open>();

  subscribe('http.server.request.start', message => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const id = request.headers[invocationIdHeader];
    // Without the second it is not what the host passed on.
    if (typeof id !== 'string' || request.headers['x-forwarded-host'] === undefined) return;
    const orphaned = setTimeout(() => send(response, unclaimed(id)), patienceMs);
    response.once('close', () => clearTimeout(orphaned));
    if (open.has(id)) {
      // Ids of the host are random, so this one was copied by a caller. Whoever comes second must not get the answer of
      // the first: the library, which comes after us, takes no request without the header.
      delete request.headers[invocationIdHeader];
      return;
    }
    open.set(id, { response, orphaned });
    response.once('close', () => open.delete(id));
  });

  hook.preInvocation(context => {
    const { invocationId, options } = context.invocationContext;
    const found = open.get(invocationId);
    if (options.trigger.type !== 'httpTrigger' || !found) return;
    clearTimeout(found.orphaned);
    context.functionHandler = answering(context.functionHandler as HttpHandler, found.response);
  });

  hook.postInvocation(({ invocationContext: { invocationId }, result }) => {
    const found = open.get(invocationId);
    if (found && (result === null || result === undefined)) send(found.response, failed(invocationId));
  });
}

/** The handler, made to return a response whatever happens. Another than the library takes would fail after all hooks. */
function answering(handler: HttpHandler, response: ServerResponse): HttpHandler {
  return async (request: HttpRequest, context: InvocationContext) => {
    const log = createLog((level, line) => context[level](line), { function: context.functionName });
    try {
      const returned: unknown = await handler(request, context);
      if (typeof returned !== 'object' || returned === null) {
        throw new TypeError('The function returned no response');
      }
      const reply = returned instanceof HttpResponse ? returned : new HttpResponse(returned);
      if (reply.body === null) return reply;
      const body = ReadableStream.from(whileWanted(reply.body, response, context.invocationId, log));
      const { status, headers, cookies } = reply;
      return new HttpResponse({ status, headers, cookies, body });
    } catch (error) {
      return refuse(error, log, context);
    }
  };
}

/**
 * The body, for as long as its reader is there and no faster than it reads. When it breaks, the response ends so that
 * nobody takes it for whole. Destroyed before its headers, the host would ask the function again: so then it is told.
 */
async function* whileWanted(
  body: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  invocationId: string,
  log: Log,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      if (response.destroyed) return;
      yield chunk;
      if (response.writableNeedDrain) await drained(response);
    }
  } catch (error) {
    log.error('answer-broken', { where: whereOf(error) });
    send(response, broken(invocationId));
    throw error;
  }
}

async function drained(response: ServerResponse): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  const events = ['drain', 'close'].map(event => once(response, event, { signal }).catch(() => {}));
  await Promise.race(events);
  settled.abort();
}

function send(response: ServerResponse, { status, headers, body }: Problem): void {
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) return void response.destroy();
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.writeHead(status, headers).end(body);
}

function unclaimed(invocationId: string): Problem {
  const says = `The request did not come to its function; try again, without the header ${invocationIdHeader}.`;
  return toProblem(new MaloteError('dependency_unavailable', says), instanceOf(invocationId));
}

function failed(invocationId: string): Problem {
  return toProblem(new MaloteError('internal', 'The function gave no response'), instanceOf(invocationId));
}

function broken(invocationId: string): Problem {
  const says = 'What was asked for could not be read; try again.';
  return toProblem(new MaloteError('dependency_unavailable', says), instanceOf(invocationId), 502);
}

const instanceOf = (invocationId: string) => `urn:uuid:${invocationId}`;
