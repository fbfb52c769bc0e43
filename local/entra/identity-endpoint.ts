// Stands in for the identity endpoint that App Service gives an app: tokens of its managed identity, by the protocol of 2019-08-01.
// https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerEach, closeServer } from '../http-server.ts';

export type IdentityEndpoint = {
  /** What the platform would set: IDENTITY_ENDPOINT, IDENTITY_HEADER, AZURE_CLIENT_ID. */
  environment: Record<string, string>;
  /** The resources that tokens were asked for, the oldest first. */
  requests: string[];
  /** What every request is answered with in place of a token, while it is set. */
  fault: { status: number } | undefined;
  close: () => Promise<void>;
};

type Options = {
  /** Of the identity: only a request that names it gets a token. */
  clientId: string;
  /** Gives a token for a resource, valid for an hour. */
  sign: (resource: string) => Promise<string>;
};

export async function startIdentityEndpoint({ clientId, sign }: Options): Promise<IdentityEndpoint> {
  const header = randomUUID();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint: IdentityEndpoint = {
    environment: {
      IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`,
      IDENTITY_HEADER: header,
      AZURE_CLIENT_ID: clientId,
    },
    requests: [],
    fault: undefined,
    close: () => closeServer(server),
  };
  answerEach(server, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (pathname !== '/msi/token' || request.method !== 'GET') return answer(404, {});
    // The header keeps away who can send a request from here, and read no setting (SSRF).
    if (request.headers['x-identity-header'] !== header) return answer(403, { message: 'Forbidden' });
    if (searchParams.get('api-version') !== '2019-08-01') return answer(400, { message: 'Unknown version' });
    const resource = searchParams.get('resource') ?? '';
    endpoint.requests.push(resource);
    if (endpoint.fault) return answer(endpoint.fault.status, { message: 'It fails', statusCode: 0 });
    if (searchParams.get('client_id') !== clientId)
      return answer(400, {
        statusCode: 400,
        message: 'No User Assigned or Delegated Managed Identity found',
      });
    const expiresOn = Math.floor(Date.now() / 1_000) + 3_600;
    answer(200, {
      access_token: await sign(resource),
      expires_on: String(expiresOn),
      resource,
      token_type: 'Bearer',
      client_id: clientId,
    });
  });
  return endpoint;
}
