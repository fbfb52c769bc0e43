// What a call by signature goes through: the signature over its very bytes first, then its body, then the handler.
import type { HttpHandler } from '@azure/functions';
import type * as z from 'zod';
import { type Clients, getClients } from '../clients.ts';
import { MaloteError } from '../errors.ts';
import type { Log } from '../log.ts';
import { answered, clock, type Reply } from './answered.ts';
import { jsonIn, readBytes } from './body.ts';
import { checkBody, checkQuery, noQuery } from './checks.ts';
import { signatureFault } from './webhook-signature.ts';

type SignedDemands<Body extends z.ZodType> = {
  body: Body;
  /** Nobody is known yet when it is read. */
  largestBytes: number;
  /** The secrets that are good now. */
  secrets: (clients: Clients) => Promise<readonly string[]>;
};

type SignedRequest<Body> = { clients: Clients; body: Body; now: Date; clock: () => Date; log: Log };

/** The handler to register with Functions, as `route` makes it for callers with a token. */
export function signedRoute<Body extends z.ZodType>(
  { secrets, ...demands }: SignedDemands<Body>,
  handle: (request: SignedRequest<z.output<Body>>) => Promise<Reply>,
): HttpHandler {
  return answered({ ...demands, roles: [], signed: true }, async ({ request, log }) => {
    const clients = await getClients();
    const now = clock();
    const bytes = await readBytes(request, demands.largestBytes);
    const signed = { headers: request.headers, body: bytes };
    const fault = signatureFault(signed, await secrets(clients), now);
    if (fault !== undefined) {
      log.info('signature-refused', { reason: fault });
      throw new MaloteError('unauthenticated', 'The call is not signed as it has to be.');
    }
    checkQuery(request, noQuery);
    const body = checkBody(jsonIn(bytes, request), demands.body);
    return handle({ clients, body, now, clock, log });
  });
}
