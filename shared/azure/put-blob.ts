// The short way to create a small blob: one Put Blob over a kept connection, without the layers that the SDK puts
// around every request. It neither waits nor repeats: whoever gets no plain answer sends the bytes by the SDK, which knows how to.
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import {
  bearerTokenAuthenticationPolicy,
  createHttpHeaders,
  createPipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import {
  type ContainerClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageOAuthScopes,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { isConnectionEnded, keptAgent } from './http-client.ts';
import { countRepeat, countThrottled } from './repeats.ts';

/**
 * Asks once for a blob that must not exist yet.
 * @param path of the blob within its container, not encoded
 * @param metadata ASCII only
 * @returns the status: 201 created, 409 or 412 there is one already, else what a repeat may mend; undefined without an answer
 * @throws when there is no token to be had
 */
export type PutBlob = (
  path: string,
  bytes: Uint8Array,
  type: string,
  metadata: Record<string, string>,
) => Promise<number | undefined>;

/** What the service answered, with what it wants to know of the caller (401). */
type Answer = { status: number | undefined; challenge: string | undefined };

/** Sends the request with a query that proves who asks, or with the header `authorization`. */
type Send = (proof: { query?: string; authorization?: string | undefined }) => Promise<Answer>;

/** Proves who asks, and gives the status. */
type Authorize = (send: Send) => Promise<number | undefined>;

/** Any that knows Put Blob as it is will do. https://learn.microsoft.com/rest/api/storageservices/put-blob */
const API_VERSION = '2025-01-05';

/** How long the service may try, which it is told, and how long a connection may be silent. */
export type Patience = { tryMs: number; answerMs: number };

/** Opens the short way into a container, with the credential of its client. */
export function openPutBlob(mails: ContainerClient, { tryMs, answerMs }: Patience): PutBlob {
  const { protocol, hostname, port, pathname } = new URL(mails.url);
  const request = protocol === 'https:' ? requestHttps : requestHttp;
  const to = { agent: keptAgent(protocol), method: 'PUT', hostname: hostname.replace(/^\[|\]$/g, ''), port };
  const authorize = authorizer(mails);

  return (path, bytes, type, metadata) => {
    const escaped = path.split('/').map(encodeURIComponent).join('/');
    const headers: Record<string, string | number> = {
      'content-length': bytes.byteLength,
      'content-type': 'application/octet-stream',
      'if-none-match': '*',
      'x-ms-blob-content-type': type,
      'x-ms-blob-type': 'BlockBlob',
      'x-ms-version': API_VERSION,
    };
    for (const name in metadata) headers[`x-ms-meta-${name}`] = metadata[name] ?? '';
    return authorize(({ query, authorization }) => {
      if (authorization !== undefined) headers.authorization = authorization;
      const target = `${pathname}/${escaped}?timeout=${tryMs / 1000}${query ? `&${query}` : ''}`;
      return put(bytes, target, headers);
    });
  };

  async function put(
    bytes: Uint8Array,
    path: string,
    headers: Record<string, string | number>,
  ): Promise<Answer> {
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const asked = request({ ...to, path, headers, timeout: answerMs }, resolve)
          .on('error', reject)
          .on('timeout', () => asked.destroy(new Error('No answer came in time.')));
        asked.end(bytes);
      });
      // The status says it all: what follows is read for the sake of the connection.
      response.resume();
      const { statusCode: status } = response;
      // As `http-client.ts` counts.
      if (status === 429 || status === 503) countThrottled();
      return { status, challenge: status === 401 ? response.headers['www-authenticate'] : undefined };
    } catch (error) {
      if (isConnectionEnded(error)) countRepeat();
      return { status: undefined, challenge: undefined };
    }
  }
}

function authorizer(mails: ContainerClient): Authorize {
  const { credential } = mails;
  if (credential instanceof StorageSharedKeyCredential) return bySignature(mails.containerName, credential);
  if ('getToken' in credential) return byToken(mails.url, credential);
  // The connection string has a signature of its own, or the container is open to all.
  const query = new URL(mails.url).search.slice(1);
  return async send => (await send({ query })).status;
}

/** One signature is good for two hours, and made anew every hour: clocks may differ by the other. */
const RENEWED_AFTER_MS = 3_600_000;

/**
 * By a signature of the account's key for the container, instead of one for every request.
 * https://learn.microsoft.com/rest/api/storageservices/create-service-sas
 */
function bySignature(containerName: string, credential: StorageSharedKeyCredential): Authorize {
  const permissions = ContainerSASPermissions.parse('cw');
  let query = '';
  let renewAt = 0;
  return async send => {
    const now = Date.now();
    if (now >= renewAt) {
      const expiresOn = new Date(now + 2 * RENEWED_AFTER_MS);
      query = generateBlobSASQueryParameters(
        { containerName, permissions, expiresOn },
        credential,
      ).toString();
      renewAt = now + RENEWED_AFTER_MS;
    }
    return (await send({ query })).status;
  };
}

/** By a token, which the policy keeps and renews, also when it is revoked. */
function byToken(url: string, credential: TokenCredential): Authorize {
  const policy = bearerTokenAuthenticationPolicy({ credential, scopes: StorageOAuthScopes });
  return async send => {
    let status: number | undefined;
    await policy.sendRequest(createPipelineRequest({ url }), async (request): Promise<PipelineResponse> => {
      const answer = await send({ authorization: request.headers.get('authorization') });
      status = answer.status;
      const headers = createHttpHeaders(answer.challenge ? { 'www-authenticate': answer.challenge } : {});
      return { request, status: status ?? 0, headers };
    });
    return status;
  };
}
