// Starts the Graph stand-in for a test file, with an issuer whose tokens it takes and clients that speak to it.
import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { Client } from '@microsoft/microsoft-graph-client';
import type { JWTPayload } from 'jose';
import { type Graph, type GraphOptions, startGraph } from '../../local/graph/server.ts';
import { localAuthority } from '../support/authority.ts';
import { type TestEntra, useEntra } from '../support/entra.ts';

export const clientId = '10ca1000-0000-4000-8000-000000000001';

export type TestGraph = Graph & {
  entra: TestEntra;
  /** A token of an app, `Mail.ReadWrite` unless told. */
  appToken: (claims?: JWTPayload) => Promise<string>;
  /** A token of a person, for their own mail and what is shared with them unless told. */
  personToken: (upn: string, claims?: JWTPayload) => Promise<string>;
  /** A request below `/v1.0/users`, with an app's token and asking for immutable ids unless told. */
  call: (method: string, path: string, options?: CallOptions) => Promise<Answer>;
  /** The genuine client, which tries again by itself after 429 and 503. */
  client: (token?: string) => Client;
};

export type CallOptions = { token?: string; headers?: Record<string, string>; body?: unknown };

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
export type Answer = { status: number; headers: Headers; json: any; text: string };

export const immutable = { prefer: 'IdType="ImmutableId"' };

/** Call at the top of a test file; everything ends with the file. */
export async function useGraph(options: Partial<GraphOptions> = {}): Promise<TestGraph> {
  const entra = await useEntra();
  const { issuer, jwksUri } = entra;
  const graph = await startGraph({ port: 0, tls: await localAuthority(), issuer, jwksUri, ...options });
  after(graph.close);
  const audience = 'https://graph.microsoft.com';
  // `uti` makes each token another, as Entra ID's are, although they were issued in the same second.
  const mint = (claims: JWTPayload) =>
    entra.mint({ aud: audience, azp: clientId, uti: randomUUID(), ...claims });
  const appToken: TestGraph['appToken'] = claims => mint({ roles: ['Mail.ReadWrite'], ...claims });
  const usual = await appToken();

  return {
    ...graph,
    entra,
    appToken,
    personToken: (upn, claims) =>
      mint({ roles: undefined, upn, scp: 'Mail.ReadWrite Mail.ReadWrite.Shared', ...claims }),
    call: (method, path, { token = usual, headers = immutable, body } = {}) =>
      send(`${graph.origin}/v1.0/users/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    client: (token = usual) =>
      Client.init({
        baseUrl: `${graph.origin}/`,
        // The client gives its token to Microsoft's hosts alone unless told of another.
        customHosts: new Set(['127.0.0.1']),
        authProvider: done => done(null, token),
      }),
  };
}

/** One request; `json` is undefined where the answer is none. */
export async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    json: isJson ? JSON.parse(text) : undefined,
    text,
  };
}
