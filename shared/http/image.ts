// An image that anybody may see, under an address that never means another.
import type { HttpHandler } from '@azure/functions';
import { type Clients, getClients } from '../clients.ts';
import { MaloteError } from '../errors.ts';
import { createLog } from '../log.ts';
import { discardBody } from './body.ts';
import { pathParameters } from './path-parameters.ts';
import { refuse } from './refuse.ts';

type Image = { type: string; bytes: Uint8Array };

/** The handler to register with Functions, for GET and HEAD. `find` gets the parts of the path by their names. */
export function image(
  find: (clients: Clients, params: Record<string, string>) => Promise<Image | undefined>,
): HttpHandler {
  return async (request, context) => {
    const log = createLog((level, line) => context[level](line), { function: context.functionName });
    const attempt = async () => {
      const found = await find(await getClients(), pathParameters(request, context));
      if (!found) throw new MaloteError('not_found', 'There is no such image.');
      return {
        status: 200,
        headers: {
          'content-type': found.type,
          'content-length': String(found.bytes.byteLength),
          'cache-control': 'public, max-age=31536000, immutable',
          'content-security-policy': "default-src 'none'; sandbox",
          'x-content-type-options': 'nosniff',
        },
        // RFC 9110 9.3.2
        ...(request.method !== 'HEAD' && { body: found.bytes }),
      };
    };
    const answer = await attempt().catch(error => refuse(error, log, context));
    await discardBody(request).catch(() => {});
    return answer;
  };
}
