// Asks an issuer for an access token with client credentials, as an app does (RFC 6749 4.4.2).
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import type { Client } from './clients.ts';

/** `ca` is the authority that signed the issuer's certificate. */
export async function requestToken(tokenEndpoint: string, client: Client, ca: string): Promise<string> {
  const outgoing = request(tokenEndpoint, {
    method: 'POST',
    ca,
    agent: false,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const form = {
    grant_type: 'client_credentials',
    client_id: client.clientId,
    client_secret: client.clientSecret,
    scope: client.scope,
  };
  outgoing.end(new URLSearchParams(form).toString());
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const answer = (await json(response)) as { access_token?: string; error_description?: string };
  if (answer.access_token === undefined) {
    throw new Error(
      `No token was given (HTTP ${response.statusCode}): ${answer.error_description ?? 'no reason'}`,
    );
  }
  return answer.access_token;
}
