// Stands in for Microsoft Entra ID: an issuer of access tokens with app roles, over HTTPS on loopback.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Faults } from '../faults.ts';
import type { Authority } from '../tls.ts';
import { audience, type Clients, clients, type Role, tenantId } from './clients.ts';
import { createProvider } from './provider.ts';
import { requestToken } from './request-token.ts';
import { generateSigningKey, loadSigningKey } from './signing-keys.ts';

export type Entra = {
  port: number;
  /** `https://127.0.0.1:{port}/{tenantId}/v2.0`, with the discovery document below it. */
  issuer: string;
  audience: string;
  jwksUri: string;
  tokenEndpoint: string;
  /** The app that has each role. */
  clients: Clients;
  /** A new access token, asked for as an app would. */
  token: (role: Role) => Promise<string>;
  /** Operations are called `GET jwks`, `POST token` and `GET .well-known/openid-configuration`. */
  faults: Faults;
  close: () => Promise<void>;
};

type Options = {
  /** 0 for any free one. */
  port: number;
  tls: Authority;
  /** Where the signing key is kept; without it, it is forgotten. */
  dir?: string;
  faults?: Faults;
};

export async function startEntra({ port: wanted, tls, dir, faults = new Faults() }: Options): Promise<Entra> {
  const signingKey =
    dir === undefined ? await generateSigningKey() : await loadSigningKey(join(dir, 'signing-key.json'));
  const server = createServer({ cert: tls.certPem, key: tls.keyPem }).listen(wanted, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const path = `/${tenantId}/v2.0`;
  const issuer = `https://127.0.0.1:${port}${path}`;
  const answer = createProvider(issuer, signingKey).callback();
  server.on('request', (request, response) => {
    void answerBelow(path, answer, faults, request, response);
  });
  const tokenEndpoint = `${issuer}/token`;
  return {
    port,
    issuer,
    audience,
    jwksUri: `${issuer}/jwks`,
    tokenEndpoint,
    clients,
    token: role => requestToken(tokenEndpoint, clients[role], tls.caPem),
    faults,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function answerBelow(
  path: string,
  answer: Answer,
  faults: Faults,
  request: IncomingMessage & { originalUrl?: string },
  response: ServerResponse,
): Promise<void> {
  const url = request.url ?? '';
  if (!url.startsWith(`${path}/`)) {
    response.writeHead(404).end();
    return;
  }
  const below = url.slice(path.length);
  const fault = faults.take(`${request.method} ${below.slice(1)}`);
  switch (fault?.action) {
    case 'drop':
    case 'dropAfter':
      // Issuing a token leaves nothing behind: dropped before or after is the same.
      request.socket.destroy();
      return;
    case 'refuse':
      response.writeHead(503).end();
      return;
    case 'throttle':
      response.writeHead(429, { 'retry-after': `${Math.ceil((fault.delayMs ?? 1_000) / 1_000)}` }).end();
      return;
    case 'delay':
      await wait(fault.delayMs, undefined, { ref: false });
  }
  // The provider takes the path it is mounted at from the difference of the two.
  request.originalUrl = url;
  request.url = below;
  await answer(request, response);
}
