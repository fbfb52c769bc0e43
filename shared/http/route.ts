// What a request of the API goes through: role, parameters, body, then the handler.
import type { HttpHandler, HttpRequest } from '@azure/functions';
import * as z from 'zod';
import { type Clients, getClients } from '../clients.ts';
import type { Config } from '../config.ts';
import type { Actor } from '../domain/audit.ts';
import type { JsonObject } from '../domain/merge-patch.ts';
import type { Log } from '../log.ts';
import { answered, clock, type Demands, type Reply } from './answered.ts';
import { readJsonBody } from './body.ts';
import { checkBody, checkQuery, noQuery } from './checks.ts';
import { pathParameters } from './path-parameters.ts';
import { createTokenVerifier, type Identity, requireRole, type VerifyToken } from './token.ts';

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

/** The body of a route that checks it elsewhere, whole. */
export const anyJsonObject = z.custom<JsonObject>();

/** The handler to register with Functions. It answers every failure as a problem (RFC 9457) and never throws. */
export function route<Query extends z.ZodType = typeof noQuery, Body extends z.ZodType = z.ZodUndefined>(
  demands: Demands<Query, Body>,
  handle: (request: RouteRequest<z.output<Query>, z.output<Body>>) => Promise<Reply>,
): HttpHandler {
  return answered(demands, async exchange => {
    const { request, context } = exchange;
    const clients = await getClients();
    const { oid, name, ...identity } = await identify(clients.config.entra, request);
    exchange.log = exchange.log.bind({ oid });
    const actor = { oid, name, role: requireRole({ oid, name, ...identity }, demands.roles) };
    const query = checkQuery(request, demands.query ?? noQuery) as z.output<Query>;
    const body = (demands.body &&
      checkBody(await readJsonBody(request, demands), demands.body)) as z.output<Body>;
    return handle({
      clients,
      actor,
      params: pathParameters(request, context),
      query,
      body,
      headers: request.headers,
      ifMatch: request.headers.get('if-match') ?? undefined,
      now: clock(),
      clock,
      log: exchange.log,
    });
  });
}

const verifiers = new WeakMap<Config['entra'], VerifyToken>();

async function identify(entra: Config['entra'], request: HttpRequest): Promise<Identity> {
  const verify = verifiers.get(entra) ?? createTokenVerifier(entra);
  // Kept, because it holds the issuer's keys.
  verifiers.set(entra, verify);
  return verify(request.headers.get('authorization'));
}
