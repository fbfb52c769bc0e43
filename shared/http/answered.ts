// What every request of the API comes to: a response whatever happens, one fact in the log, and what was demanded of it kept in mind.
import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type * as z from 'zod';
import { tellingRepeats } from '../azure/repeats.ts';
import { createLog, type Log } from '../log.ts';
import { beforeDiscarding, discardBody } from './body.ts';
import { type Problem, safeHeaders } from './problem.ts';
import { refuse } from './refuse.ts';
import type { Role } from './token.ts';
import { tracedRequest } from './traced-request.ts';

/** What a route asks of a request before its handler sees it. */
export type Demands<Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType> = {
  /** Any one of these lets the caller in; none of them where it is let in by signature. */
  roles: readonly Role[];
  /** Who signs with one of the webhook's secrets is let in, and nobody else. */
  signed?: true;
  /** Of the query parameters; without it there may be none. */
  query?: Query;
  /** Of the JSON body; without it the body is left unread. */
  body?: Body;
  /** A request without a body counts as one with an empty object. */
  bodyOptional?: boolean;
  /** How large it may be, where a usual one is too small or too large. */
  largestBytes?: number;
};

/** Status 200 unless told otherwise, 204 without json and body. A `body` is streamed. */
export type Reply = {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  body?: ReadableStream | Readable;
};

/** One request being answered. Who finds out more of the caller binds it to the log. */
export type Exchange = { request: HttpRequest; context: InvocationContext; log: Log };

/** The time, for what begins now and for what takes its time. */
export const clock = () => new Date();

const demanded = new WeakMap<HttpHandler, Demands>();

/** What the route with this handler asks of a request; undefined of what is no route of ours, such as a page. */
export function demandsOf(handler: HttpHandler): Demands | undefined {
  return demanded.get(handler);
}

/** The handler to register with Functions. It answers every failure as a problem (RFC 9457) and never throws. */
export function answered(demands: Demands, answer: (exchange: Exchange) => Promise<Reply>): HttpHandler {
  const handle = async (request: HttpRequest, context: InvocationContext) => {
    const started = performance.now();
    const log = createLog((level, line) => context[level](line), { function: context.functionName });
    const exchange: Exchange = { request, context, log };
    const response = await tellingRepeats(log, async () => toResponse(await answer(exchange))).catch(error =>
      challenged(demands, refuse(error, exchange.log, context)),
    );
    // Who is refused is told so at once, and not when the whole body has come.
    const body = typeof response.body === 'string' ? beforeDiscarding(request, response.body) : response.body;
    if (body === response.body) await discardBody(request).catch(() => {});
    const durationMs = Math.round(performance.now() - started);
    exchange.log.info('request', { status: response.status, durationMs });
    return { ...response, headers: { ...safeHeaders, ...response.headers }, body };
  };
  const handler: HttpHandler = (request, context) => tracedRequest(context, () => handle(request, context));
  demanded.set(handler, demands);
  return handler;
}

/** RFC 9110 11.6.1: a 401 says what is wanted, which is no token where calls are signed. */
function challenged({ signed }: Demands, { headers, ...problem }: Problem): Problem {
  if (!signed || problem.status !== 401) return { headers, ...problem };
  return { ...problem, headers: { ...headers, 'www-authenticate': 'Webhook-Signature realm="malote"' } };
}

type Response = HttpResponseInit & { status: number; headers: Record<string, string> };

function toResponse({ status, headers = {}, json, body }: Reply): Response {
  const text = json === undefined ? undefined : JSON.stringify(json);
  return {
    status: status ?? (text === undefined && body === undefined ? 204 : 200),
    headers: { ...(text !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: text ?? body,
  };
}
