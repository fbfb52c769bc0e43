// What every HTTP request goes through: role, parameters, body, then the handler; and every error becomes a problem.
import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { tellingRepeats } from '../azure/http-client.ts';
import { type Clients, getClients } from '../clients.ts';
import type { Config } from '../config.ts';
import type { Actor } from '../domain/audit.ts';
import type { JsonObject } from '../domain/merge-patch.ts';
import { refusal } from '../domain/refusal.ts';
import { toFieldErrors } from '../domain/schema-messages.ts';
import { MaloteError } from '../errors.ts';
import { createLog, type Log } from '../log.ts';
import { beforeDiscarding, discardBody, readJsonBody } from './body.ts';
import { pathParameters } from './path-parameters.ts';
import { safeHeaders } from './problem.ts';
import { refuse } from './refuse.ts';
import { createTokenVerifier, type Identity, type Role, requireRole, type VerifyToken } from './token.ts';

/** What a route asks of a request before its handler sees it. */
export type Demands<Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType> = {
  /** Any one of these lets the caller in. */
  roles: readonly Role[];
  /** Of the query parameters; without it there may be none. */
  query?: Query;
  /** Of the JSON body; without it the body is left unread. */
  body?: Body;
  /** A request without a body counts as one with an empty object. */
  bodyOptional?: boolean;
  /** How large it may be, where a usual one is too small. */
  largestBytes?: number;
};

/** A request that keeps what was demanded. */
export type RouteRequest<Query = unknown, Body = unknown> = {
  clients: Clients;
  /** The caller, with the role that let it in. */
  actor: Actor;
  /** Parts of the path, by the names in the route's template; whatever query and body call themselves. */
  params: Record<string, string>;
  query: Query;
  body: Body;
  headers: HttpRequest['headers'];
  ifMatch: string | undefined;
  /** When it came; `clock` for what takes its time. */
  now: Date;
  clock: () => Date;
  log: Log;
};

/** Status 200 unless told otherwise, 204 without json and body. A `body` is streamed. */
export type Reply = {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  body?: ReadableStream | Readable;
};

/** The body of a route that checks it elsewhere, whole. */
export const anyJsonObject = z.custom<JsonObject>();

const noQuery = z.strictObject({});

const clock = () => new Date();

const demanded = new WeakMap<HttpHandler, Demands>();

/** What the route with this handler asks of a request; undefined of what is no route of ours, such as a page. */
export function demandsOf(handler: HttpHandler): Demands | undefined {
  return demanded.get(handler);
}

/** The handler to register with Functions. It answers every failure as a problem (RFC 9457) and never throws. */
export function route<Query extends z.ZodType = typeof noQuery, Body extends z.ZodType = z.ZodUndefined>(
  demands: Demands<Query, Body>,
  handle: (request: RouteRequest<z.output<Query>, z.output<Body>>) => Promise<Reply>,
): HttpHandler {
  const handler: HttpHandler = async (request, context) => {
    const started = performance.now();
    let log = createLog((level, line) => context[level](line), { function: context.functionName });
    const answer = async (): Promise<HttpResponseInit> => {
      const clients = getClients();
      const identity = await identify(clients.config.entra, request);
      log = log.bind({ oid: identity.oid });
      const { oid, name } = identity;
      const actor = { oid, name, role: requireRole(identity, demands.roles) };
      const query = readQuery(request, demands.query ?? noQuery) as z.output<Query>;
      const body = (demands.body &&
        checkBody(await readJsonBody(request, demands), demands.body)) as z.output<Body>;
      const reply = await handle({
        clients,
        actor,
        params: pathParameters(request, context),
        query,
        body,
        headers: request.headers,
        ifMatch: request.headers.get('if-match') ?? undefined,
        now: clock(),
        clock,
        log,
      });
      return toResponse(reply);
    };
    const response = await tellingRepeats(log, answer).catch(error => refuse(error, log, context));
    // Who is refused is told so at once, and not when the whole body has come.
    const body = typeof response.body === 'string' ? beforeDiscarding(request, response.body) : response.body;
    if (body === response.body) await discardBody(request).catch(() => {});
    log.info('request', { status: response.status, durationMs: Math.round(performance.now() - started) });
    return { ...response, headers: { ...safeHeaders, ...response.headers }, body };
  };
  demanded.set(handler, demands);
  return handler;
}

const verifiers = new WeakMap<Config['entra'], VerifyToken>();

async function identify(entra: Config['entra'], request: HttpRequest): Promise<Identity> {
  const verify = verifiers.get(entra) ?? createTokenVerifier(entra);
  // Kept, because it holds the issuer's keys.
  verifiers.set(entra, verify);
  return verify(request.headers.get('authorization'));
}

function readQuery<Query extends z.ZodType>(request: HttpRequest, schema: Query): z.output<Query> {
  const parsed = schema.safeParse(Object.fromEntries(request.query));
  const twice = [...request.query.keys()].filter((name, index, names) => names.indexOf(name) !== index);
  if (parsed.success && twice.length === 0) return parsed.data;
  const fields = [
    ...[...new Set(twice)].map(field => ({
      field,
      message: `${field} is given more than once; give it once.`,
    })),
    ...toFieldErrors(parsed.error?.issues ?? []).filter(({ field }) => !twice.includes(field)),
  ];
  const message = fields.map(field => field.message).join(' ');
  throw new MaloteError('malformed_parameter', message, { fields });
}

function checkBody<Body extends z.ZodType>(body: JsonObject, schema: Body): z.output<Body> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw refusal('invalid', toFieldErrors(parsed.error.issues));
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
